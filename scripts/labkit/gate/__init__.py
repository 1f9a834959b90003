"""gate - check every change for regressions.  base and working tree -> gate -> comment, annotations, history

gate builds both trees and compares them; comparison_report and ci_output write the result for people and for a CI
system; flame_difference shows which functions changed; history reads old results, and history_store stores their points.
"""
