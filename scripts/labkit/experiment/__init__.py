"""experiment - compare two programs: the order of runs, re-runs and the budget.  commands -> rows -> verdict

design holds everything that is decided beforehand; campaign is the procedure from pilot to confirmation, stage_runner runs
its blocks within the budget, interleave gives their random ABBA order. commands makes any programs a subject (labkit/
subject.py); arguments holds the options that `lab compare` and `lab gate` share.
"""
