# A release: `make packages` builds what is installed, in a checkout or in a release's own tarball; `make release` publishes it.

PHONY += packages release verify-release
## packages: what `make release-build` made, as a tar archive and a Debian package in dist/
packages: release-build
	$(Q)hardening/release/binary_packages.sh dist

#: VERSION of the release: make release VERSION=1.2.3
#: RELEASE_KEY minisign's secret key for release, and RELEASE_PUBLIC_KEY; else a throw-away one
#: TAG_KEY a private SSH key outside of this tree: release signs the tag with it
## release: refuses where a gate is red; all that is published, signed and verified, in dist/
release: setup-test c-tests build
	$(Q)scripts/setup.sh gates
	$(Q)hardening/release/newest_libraries.sh $(O)/bin/clinic $(O)/lib/libclinic-preload.so
	$(Q)hardening/release/make_release.sh $(if $(filter command environment,$(firstword $(origin VERSION))),$(call quoted,$(VERSION)),$(error \
	  VERSION= is missing: make release VERSION=1.2.3))

#: TARBALL of a release, its SHA256SUMS beside it, for verify-release
## verify-release: build a published tarball again; every file must be the same, bit for bit
verify-release: setup
	$(Q)hardening/release/verify_release.sh $(if $(TARBALL),$(call quoted,$(TARBALL)),$(error \
	  TARBALL= is missing: make verify-release TARBALL=FILE))
