# The patients are compiled by `scripts/lab build`, variant by variant.
