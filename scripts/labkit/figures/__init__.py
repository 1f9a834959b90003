"""figures - draw the figures of reports and pages.  numbers -> figures -> .svg, .png

audit_figures draws those of an audit; figures_verdict and figures_paired those of a comparison; figures_history a metric over
versions; figures_calibration the gate's error rates. figure_style defines their common look.
"""
