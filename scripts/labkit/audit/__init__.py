"""audit - one audit in progress: what was measured, what still stands, what runs next.  workload -> audit -> evidence

flow the phases in their order; audit_state the folder of the current one; budget quick or standard; version the chain.
measure one interleaved run of the harness; head_to_head a changed program against the baseline, by the engine.
A module a phase (labkit/phases.py), whose measure() returns its evidence's data: plan; baseline, with self_test, and
command; profile, counters, instructions, memory; candidates, each change alone; rebench, the accepted ones together;
heap, the call sites of either, for memory and rebench.
"""
