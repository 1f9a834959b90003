"""audit - one audit in progress: which evidence is present, which is stale, what runs next.  workload -> audit -> evidence

flow runs the phases of labkit/phases.py in their order. audit_state holds what all phases share; budget defines how much
is measured; version manages the chain of reports. measure defines the load of every timed program; head_to_head compares
a changed program with the baseline, with the engine of compare and gate.

Each phase is a module, whose measure() returns the data of its evidence: plan, baseline (with self_test), command,
profile, counters, instructions, memory, candidates (each change alone) and rebench (the accepted ones together). heap
finds call sites, for memory and for rebench.
"""
