"""experiment - two programs side by side: who runs when, and when it must run again.  commands -> rows -> verdict

campaign the procedure from pilot to confirmation; commands any program as an arm; interleave the random ABBA order;
arguments what `lab compare` and `lab gate` ask for.
"""
