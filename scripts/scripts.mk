# The verdict engine's targets: two commands, two trees, this machine's own
# error rates, and what became of them over versions.

#: CMD the command for diagnose: program and arguments
#: DIAGNOSE_ARGS more for diagnose: --try, --stdin FILE, --expect-exit CODE

## diagnose: one command under every instrument, and what to try first: CMD='program arguments'
diagnose: build
	$(Q)$(LAB) diagnose --budget $(call quoted,$(BUDGET)) $(DIAGNOSE_ARGS) -- $(if $(CMD),$(CMD),$(error CMD= is missing: make diagnose CMD='program arguments'))

#: A the command to compare with, for compare
#: B the command to judge, for compare
#: COMPARE_ARGS more for compare: --also, --scan, --cpus, --stdin, --prepare, ...

## compare: judge two commands, in any language: A='cmd' B='cmd'
compare: build
	$(Q)$(LAB) compare --budget $(call quoted,$(BUDGET)) --a $(call quoted,$(if $(A),$(A),$(error A= is missing: make compare A='old' B='new'))) \
	  --b $(call quoted,$(if $(B),$(B),$(error B= is missing: make compare A='old' B='new'))) $(COMPARE_ARGS)

PHONY += diagnose compare gate

#: BASE the ref that gate compares the working tree with (origin/main)
#: GATE_ARGS more for gate: --fail-on, --ci-output, --repository, ...
BASE ?= origin/main

## gate: base ref against working tree in one interleaved run; 1 if slower
gate: build
	$(Q)$(LAB) gate --budget $(call quoted,$(BUDGET)) --base $(call quoted,$(BASE)) $(if $(filter command line,$(origin W)),--workload $(call quoted,$(W))) $(GATE_ARGS)

CALIBRATION ?= documented
CALIBRATION_BUDGET ?= $(BUDGET)
#: CALIBRATION quick (minutes, says nothing) or documented (documented)
#: CALIBRATION_BUDGET after which calibrate stops; it goes on next time (BUDGET)

## calibrate: how often this gate is wrong on this machine, beside other tools
calibrate: setup-test build $(O)/calibration/planted_work $(O)/calibration/planted_work.o
	$(Q)scripts/setup.sh calibrate && $(MAKE) --no-print-directory $(O)/calibration/criterion_pair || \
		echo "calibrate: without criterion: it could not be installed or built" >&2
	$(Q)$(LAB) calibrate --size $(CALIBRATION) --budget $(call quoted,$(CALIBRATION_BUDGET))

# Static: start-up is the part of a run that has no known answer.
$(O)/calibration/planted_work: $(O)/calibration/planted_work.o
	$(Q)$(CC) -static $< -o $@

# Kept: `make calibrate` links it anew for each block of some trials.
$(O)/calibration/planted_work.o: hardening/calibration/planted_work.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g $(STRICT) -c $< -o $@

# In build/, for cargo writes beside its manifest. Debian's packages of crates, and no registry.
CRITERION_SOURCES := $(wildcard hardening/calibration/criterion/*)
$(O)/calibration/criterion_pair: $(CRITERION_SOURCES)
	@mkdir -p $(@D)/criterion
	$(Q)cp $^ $(@D)/criterion/
	$(Q)cargo build --quiet --release --offline --manifest-path $(@D)/criterion/Cargo.toml \
		--config 'source.crates-io.replace-with="debian"' \
		--config 'source.debian.directory="/usr/share/cargo/registry"'
	$(Q)cp $(@D)/criterion/target/release/criterion_pair $@

instruments: $(O)/calibration/planted_work $(O)/calibration/planted_work.o
PHONY += calibrate

#: N how many audits repeat makes (5)

## repeat: the audit of W several times, in fresh clones; do they agree?
repeat: setup
	$(Q)$(LAB) repeat $(call quoted,$(W)) --budget $(BUDGET) --times $(or $(N),5)

PHONY += repeat

#: METRIC what history shows: time, p99, peak_rss, ... (time)

## history: one metric of W over its versions, change points marked
history: setup
	$(Q)$(LAB) history $(call quoted,$(W)) --metric $(or $(METRIC),time)

PHONY += history
