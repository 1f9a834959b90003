# The targets of the verdict engine: compare two commands or two trees, measure
# this machine's error rates, repeat audits, and show metrics over versions.

#: CMD the command for diagnose: program and arguments
#: DIAGNOSE_ARGS more arguments for diagnose: --try, --stdin FILE, --expect-exit CODE

## diagnose: run one command under every instrument, and list what to try first: CMD='program arguments'
diagnose: build
	$(Q)$(LAB) diagnose --budget $(call quoted,$(BUDGET)) $(DIAGNOSE_ARGS) -- $(if $(CMD),$(CMD),$(error CMD= is missing: make diagnose CMD='program arguments'))

#: CLINIC_ARGS more arguments for clinic: --list, --again, --answers FILE, --report R

## clinic: learn on the case or lesson W: predict, measure, answer a reviewer
clinic: build
	$(Q)$(LAB) clinic $(if $(filter command environment,$(firstword $(origin W))),$(call quoted,$(W))) --budget $(if $(filter command environment,$(firstword $(origin BUDGET))),$(call quoted,$(BUDGET)),quick) $(CLINIC_ARGS)

#: A the command to compare with, for compare
#: B the command to judge, for compare
#: COMPARE_ARGS more arguments for compare: --also, --scan, --cpus, --stdin, --prepare, ...

## compare: judge two commands, in any language: A='cmd' B='cmd'
compare: build
	$(Q)$(LAB) compare --budget $(call quoted,$(BUDGET)) --a $(call quoted,$(if $(A),$(A),$(error A= is missing: make compare A='old' B='new'))) \
	  --b $(call quoted,$(if $(B),$(B),$(error B= is missing: make compare A='old' B='new'))) $(COMPARE_ARGS)

PHONY += diagnose clinic compare gate

#: BASE the ref that gate compares the working tree with (origin/main)
#: GATE_ARGS more arguments for gate: --fail-on, --ci-output, --repository, ...
BASE ?= origin/main

## gate: compare the base ref with the working tree in one interleaved run; lab ends with 1 if it became slower
gate: build
	$(Q)$(LAB) gate --budget $(call quoted,$(BUDGET)) --base $(call quoted,$(BASE)) $(if $(filter command line,$(origin W)),--workload $(call quoted,$(W))) $(GATE_ARGS)

CALIBRATION ?= documented
CALIBRATION_BUDGET ?= $(BUDGET)
#: CALIBRATION the size of a calibration: quick (takes minutes, proves nothing) or documented (documented)
#: CALIBRATION_BUDGET the time after which calibrate stops; the next call continues (BUDGET)

## calibrate: measure how often this gate and other tools are wrong on this machine
calibrate: setup-test build $(O)/calibration/planted_work $(O)/calibration/planted_work.o
	$(Q)scripts/setup.sh calibrate && $(MAKE) --no-print-directory $(O)/calibration/criterion_pair || \
		echo "calibrate: criterion is left out, because it could not be installed or built" >&2
	$(Q)$(LAB) calibrate --size $(CALIBRATION) --budget $(call quoted,$(CALIBRATION_BUDGET))

# It is static, because the duration of the start-up is the only part of a run that is not known.
$(O)/calibration/planted_work: $(O)/calibration/planted_work.o
	$(Q)$(CC) -static $< -o $@

# The object file is kept, because `make calibrate` links it anew for each block of some trials.
$(O)/calibration/planted_work.o: hardening/calibration/planted_work.c | setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g $(STRICT) -c $< -o $@

# The sources are copied to build/, because cargo writes beside its manifest. It uses Debian's packages of crates, and no registry.
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

#: N the number of audits that repeat makes (5)

## repeat: audit W several times in fresh clones, and show whether the audits agree
repeat: setup
	$(Q)$(LAB) repeat $(call quoted,$(W)) --budget $(BUDGET) --times $(or $(N),5)

PHONY += repeat

#: METRIC the metric that history shows: time, p99, peak_rss, ... (time)

## history: show one metric of W over its versions, with its change points
history: setup
	$(Q)$(LAB) history $(call quoted,$(W)) --metric $(or $(METRIC),time)

PHONY += history
