# The verdict engine's targets: two commands, two trees, this machine's own
# error rates, and what became of them over versions.

#: A the command to compare with, for compare
#: B the command to judge, for compare
#: COMPARE_ARGS more for compare: --metric, --stdin, --prepare, --budget, ...

## compare: judge two commands, in any language: A='cmd' B='cmd'
compare: build
	$(Q)$(LAB) compare --a '$(if $(A),$(A),$(error A= is missing: make compare A='old' B='new'))' \
	  --b '$(if $(B),$(B),$(error B= is missing: make compare A='old' B='new'))' $(COMPARE_ARGS)

PHONY += compare
