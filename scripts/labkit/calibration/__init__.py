"""calibration - how often this gate is wrong on this machine.  known answers -> trials -> rates -> citation

calibration_trials runs them; calibration_rates counts, beside other tools; calibration is what reports cite.
"""
