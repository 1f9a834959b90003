"""experiment - two programs side by side: who runs when, and when it must run again.  commands -> rows -> verdict

design what is decided beforehand; campaign the procedure from pilot to confirmation; stage_runner its blocks, within the
budget; commands any program as an arm; interleave the random ABBA order; arguments what `lab compare` and `lab gate` ask.
"""
