"""audit - one audit in progress: what was measured, what still stands, what runs next.  workload -> audit -> evidence

flow runs the phases of labkit/phases.py in their order. audit_state is what all of them share; budget says how much is
measured; version is the chain of reports. measure knows the load that every program gets; head_to_head compares a
changed program with the baseline, by the engine of compare and gate.

Each phase is a module, whose measure() returns the data of its evidence: plan, baseline (with self_test), command,
profile, counters, instructions, memory, candidates (each change alone) and rebench (the accepted ones together). heap
finds call sites, for memory and for rebench.
"""
