# Manual pages and shell completions. They are generated from the option tables, tests compare them with these tables, and they are
# installed with the programs.

install: install-manual

## install-manual: install only the manual pages and the bash completions; install includes this
install-manual:
	$(Q)install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(Q)install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	$(Q)for page in docs/completion/*.bash; do install -m 644 $$page \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$(basename $$page .bash) || exit 1; done

## bless-manual: rewrite manual pages and completions from the option tables; read the diff
bless-manual: setup-test build
	$(Q)BLESS=1 $(PYTEST) scripts/labkit/test_manual.py \
	  profiler/cli/test_clinic_manual.py

bless: bless-manual
PHONY += install-manual bless-manual
