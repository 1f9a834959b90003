# The matrix of faults and phases, and the index of the victims.

#: FAULTS more arguments for faults: --only "SIGTERM in saving" "lab: disk full", --jobs 2
PHONY += faults bless-known-answers
## faults: inject every fault in every phase of recordings and audits; writes hardening/faults/matrix.md
faults: setup-test build
	$(Q)$(PYTHON) -B hardening/faults/fault_matrix.py $(FAULTS)

## bless-known-answers: rewrite hardening/known-answers/README.md from the victims and their tests
bless-known-answers:
	$(Q)$(PYTHON) -B hardening/known-answers/known_answers.py
