"""calibration - how often this gate is wrong on this machine.  known answers -> trials -> rates -> citation

calibration_trials and criterion_trials run programs whose truth is known, trial_file keeps what they gave,
calibration_rates counts how often each tool was wrong, calibration_page writes it for a person. What reports cite of it
is labkit/error_rates.py, which lies below everything that asks for it.
"""
