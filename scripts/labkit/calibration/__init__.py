"""calibration - how often this gate is wrong on this machine.  known answers -> trials -> rates -> citation

calibration_trials and criterion_trials compare programs whose difference is known, trial_file keeps the results,
calibration_rates counts how often each tool was wrong, and calibration_page writes the rates as a page. Reports cite the
rates through labkit/error_rates.py, which lies below every room that asks for them.
"""
