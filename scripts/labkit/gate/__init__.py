"""gate - what watches every change.  base and working tree -> gate -> comment, annotations, history

gate builds both trees and compares them; comparison_report and ci_output write the result for a person and for a CI
system; flame_difference shows where the time went; history reads old results, and history_store keeps its points.
"""
