"""phases - one module per measurement: measure(state, folder) writes its evidence, and nothing else does.

baseline, command, profile, counters, instructions, memory: what the patient does today.
candidates: each change alone. rebench: the accepted ones together. heap: call sites of either, for memory and rebench.
"""
