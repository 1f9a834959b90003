"""course - the guided clinic: a case or a lesson in steps, each with questions; many of the answers are numbers of the person's own report.

questions reads questions.toml; measured_value looks an answer up in the numbers of a report; voices asks on a terminal or takes the answers
from a file; progress_file keeps what was passed; walk goes through the steps; graduation writes the page at the end.
"""
