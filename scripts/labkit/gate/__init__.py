"""gate - what watches every change.  base and working tree -> gate -> comment, annotations, history

gate builds both and compares; ci_output and comparison_report tell it; history keeps it.
"""
