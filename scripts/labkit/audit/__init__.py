"""audit - one audit in progress: what was measured, what still stands, what runs next.  workload -> audit -> evidence

flow the phases in their order; audit_state the folder of the current one; budget quick or standard; version the chain;
measure one interleaved run of the harness; head_to_head a changed program against the baseline, by the engine. The phases themselves are in labkit/phases.
"""
