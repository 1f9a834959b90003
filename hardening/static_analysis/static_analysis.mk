# Static analysis: `make static-analysis` asks compilers and analysers about every C file that is published or shows a
# workload, every shell script and all Python. build/static/clean keeps the contents in which an analyser has found nothing
# (once.sh), so that it is asked again only where something has changed. An exception from a rule stands with its reason, or fails.

STATIC := build/static
# Other options or other versions of the analysers ask again.
ITSELF := hardening/static_analysis/static_analysis.mk
VERSIONS := $(STATIC)/versions.txt
ANALYSERS := gcc clang-tidy cppcheck shellcheck flake8 mypy
once = hardening/static_analysis/once.sh $(STATIC)/clean
hash := \#
comma := ,
empty :=
# Left out: tests and victims, which do wrong on purpose, as the patients of an investigation do.
DOES_WRONG := %_test.c %_fuzz.c workloads/crash/% workloads/deadlock/%
ANALYSED := $(filter-out $(DOES_WRONG),$(foreach file,$(wildcard profiler/*/*.c profiler/*/*/*.c fixtures/*.c workloads/*/*.c),\
	$(if $(findstring /victims/,$(file)),,$(file))))
# The lines of a list, without reasons; and what a list of exceptions says of the file $<, or of every file.
static_list = $(shell sed -n 's/ *\#.*//; /./p' hardening/static_analysis/$1)
exceptions = $(shell awk -v file=$< '$$1 == file || $$1 == "*" {sub(/ *$(hash).*/, ""); sub(/^[^ ]+ /, ""); print}' \
	hardening/static_analysis/$1)

# One line for each analyser; the file stays as it is while they do.
$(VERSIONS): static-versions
	@mkdir -p $(@D)
	@for tool in $(ANALYSERS); do printf '%s %s\n' $$tool "$$($$tool --version | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1)"; \
	  done >$@.now && { cmp -s $@.now $@ || mv $@.now $@; }
static-versions: ;

GCC_BESIDES := -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wframe-larger-than=66000 -Wdate-time -Wtrampolines \
	-Wbidi-chars=any
CLANG_BESIDES := -Wdate-time -Wshift-sign-overflow -Wassign-enum -Wunreachable-code -Wthread-safety -Wloop-analysis

# The file and every header that it includes, as gcc -M has listed them.
read_files = tr -s ' \\' '\n' <$(STATIC)/gcc/$*.d | grep -v ':$$' | grep . ; echo $(VERSIONS)
$(STATIC)/gcc/%.ok: %.c hardening/static_analysis/gcc.txt $(ITSELF) $(VERSIONS)
	@mkdir -p $(@D)
	$(Q)gcc $(CPPFLAGS) -std=gnu11 -O2 -M -MP -MT $@ -MF $(@:.ok=.d) $< && { $(read_files); } | $(once) \
	  gcc $(CPPFLAGS) -std=gnu11 -O2 $(STRICT) $(GCC_BESIDES) -fanalyzer -Werror $(call exceptions,gcc.txt) -c $< -o /dev/null && touch $@

# One reading of a file by clang: its warnings, its analyser (the one that scan-build starts) and clang-tidy's own checks. Which
# headers the file includes is what gcc has found.
TIDY_CHECKS = $(subst $(empty) $(empty),$(comma),$(call static_list,clang-tidy.txt) $(addprefix -,$(call exceptions,clang.txt)))
# How far the analyser follows the ways through one function. A ninth of clang's own limit makes it six times as fast, and every
# finding stayed.
TIDY_DEPTH := -Xclang -analyzer-config -Xclang max-nodes=25000
# A comparison may stand without "!= 0".
TIDY_OPTIONS := {CheckOptions: [{key: bugprone-suspicious-string-compare.WarnOnImplicitComparison, value: false}]}
$(STATIC)/clang/%.ok: %.c $(STATIC)/gcc/%.ok hardening/static_analysis/clang-tidy.txt hardening/static_analysis/clang.txt $(ITSELF) $(VERSIONS)
	@mkdir -p $(@D)
	$(Q){ $(read_files); } | $(once) \
	  clang-tidy --quiet --warnings-as-errors='*' --checks='$(TIDY_CHECKS)' --config='$(TIDY_OPTIONS)' $< -- $(CPPFLAGS) -std=gnu11 -O2 $(STRICT) \
	  $(CLANG_BESIDES) $(TIDY_DEPTH) >$@.said 2>$@.errors || { grep -vh 'warnings generated' $@.said $@.errors; exit 1; }; touch $@

# It follows values from one file into another one, so it reads all of them at once.
CPPCHECK_READS = $(ANALYSED) $(HEADERS) $(wildcard fixtures/*.h workloads/*/*.h) $(VERSIONS)
static-cppcheck: $(VERSIONS)
	$(Q)printf '%s\n' $(CPPCHECK_READS) | $(once) cppcheck --quiet --enable=warning,portability,performance --inline-suppr --std=c11 --error-exitcode=1 \
	  -U__aarch64__ -D__x86_64__ $(CPPFLAGS) $(addprefix --suppress=,$(call static_list,cppcheck.txt)) $(ANALYSED)

# By its first line: gates and hooks have no suffix.
SHELL_SCRIPTS = $(shell git grep -lE '^\#! ?/bin/(ba)?sh' -- ':!reports' ':!fixtures/recorded') hardening/gates/planted.sh
static-shell: $(VERSIONS)
	$(Q)printf '%s\n' $(SHELL_SCRIPTS) $(VERSIONS) | $(once) shellcheck --external-sources $(SHELL_SCRIPTS)

# Types: of what runs outside of tests. A test that calls something wrongly fails when it is run.
PYTHON_ROOTS := scripts hardening profiler fixtures workloads templates
TYPED = $(foreach file,$(shell git ls-files $(PYTHON_ROOTS:%='%/*.py') ':!fixtures/recorded'),\
	$(if $(filter test_% %_test.py conftest.py,$(notdir $(file))),,$(file)))
PYTHON_SCRIPTS = $(shell git grep -lE '^\#! ?/usr/bin/(env )?python3' -- ':!*.py' ':!reports' ':!fixtures/recorded')
static-python: static-flake8 static-mypy
static-flake8: $(VERSIONS)
	$(Q){ git ls-files -co --exclude-standard $(PYTHON_ROOTS:%='%/*.py'); \
	  printf '%s\n' hardening/static_analysis/flake8.ini $(PYTHON_SCRIPTS) $(VERSIONS); } | $(once) \
	  flake8 --config hardening/static_analysis/flake8.ini $(PYTHON_ROOTS) $(PYTHON_SCRIPTS)
# It has a cache of its own.
static-mypy:
	$(Q)mypy --config-file hardening/static_analysis/mypy.ini --cache-dir $(STATIC)/mypy --no-error-summary \
	  $(TYPED)

static-exceptions:
	$(Q)$(PYTHON) -B hardening/static_analysis/unexplained_exceptions.py

## static-analysis: what compilers and analysers say of C, shell and Python; every exception has its reason
static-analysis: static-exceptions static-shell static-python static-cppcheck $(ANALYSED:%.c=$(STATIC)/clang/%.ok)
	@echo "analysed: $(words $(ANALYSED)) C files, $(words $(SHELL_SCRIPTS)) shell scripts, $(words $(TYPED)) Python files with types"

.SECONDARY: $(ANALYSED:%.c=$(STATIC)/gcc/%.ok)
PHONY += static-analysis static-versions static-cppcheck static-shell static-python static-flake8 static-mypy static-exceptions
-include $(if $(filter static-analysis,$(MAKECMDGOALS)),$(ANALYSED:%.c=$(STATIC)/gcc/%.d))
