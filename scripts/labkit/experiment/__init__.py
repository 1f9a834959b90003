"""experiment - two programs side by side: who runs when, and when it must run again.  commands -> rows -> verdict

design holds all that is decided beforehand; campaign is the procedure from pilot to confirmation, stage_runner runs its
blocks within the budget, interleave gives their random ABBA order. commands are any programs as a subject (labkit/
subject.py); arguments are the options that `lab compare` and `lab gate` share.
"""
