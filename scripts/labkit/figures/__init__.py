"""figures - what a person can read in ten seconds.  numbers -> figures -> .svg, .png

audit_figures of an audit; figures_verdict and figures_paired of a comparison; figures_history over versions;
figures_calibration of the gate itself; figure_style their common look.
"""
