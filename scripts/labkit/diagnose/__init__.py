"""diagnose - where the time of a command goes, and what to try first; it needs no manifest.  argv -> observe -> opportunities -> diagnosis_page

observe         runs the command alone and under each instrument
opportunities   what the observations suggest, each with its ceiling, its risk and the command that tests it
limits          what bounds the command: computing, waiting, the kernel
diagnosis_page  the document, the page and the flame graph
tries           the changes that need no source code, judged by the verdict engine
"""
