# How strong the C tests of some rooms are: of small faults that are planted in the sources (mutants), how many make a test fail, and which
# branches the tests take. Both build the tests in a copy of the tree below build/.

MEASURED_ROOMS := session formats unwind
MEASURED_TESTS := $(foreach room,$(MEASURED_ROOMS),\
	$(patsubst %.c,$(O)/tests/%,$(notdir $(wildcard profiler/$(room)/*_test.c))) \
	$(patsubst %_fuzz.c,$(O)/fuzz/%_replay,$(notdir $(wildcard profiler/$(room)/*_fuzz.c))))
PHONY += mutants branches
.PHONY: measured-tests measured-victims
measured-tests: $(MEASURED_TESTS)
measured-victims: $(filter $(O)/victims/unwind_%,$(VICTIMS))

#: MUTANTS more arguments for mutants: --rooms session --mutants 100 --seed 2
## mutants: plant small faults in the rooms session, formats and unwind; lists those that no C test of the room notices
mutants: setup-test
	$(Q)$(PYTHON) -B hardening/mutation/mutation_score.py $(MUTANTS)

#: BRANCHES more arguments for branches: --rooms session
## branches: list the branches of the rooms session, formats and unwind that no C test of the room takes
branches: setup-test
	$(Q)$(PYTHON) -B hardening/mutation/branch_coverage.py $(BRANCHES)
