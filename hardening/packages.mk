# A release: `make packages` builds the files that are installed, in a checkout or from a release's tarball; `make release` makes all
# files that are published.

PHONY += packages release verify-release
## packages: pack the output of `make release-build` as a tar archive and a Debian package in dist/
packages: release-build
	$(Q)hardening/release/binary_packages.sh dist

#: VERSION the version of the release: make release VERSION=1.2.3
#: RELEASE_KEY minisign's secret key for release, with RELEASE_PUBLIC_KEY; the default is a throw-away key
#: TAG_KEY a private SSH key outside of this tree, with which release signs the tag
## release: make, sign and verify in dist/ all files that are published; it is refused if a gate fails
release: setup-test c-tests build
	$(Q)scripts/setup.sh gates
	$(Q)hardening/release/newest_libraries.sh $(O)/bin/clinic $(O)/lib/libclinic-preload.so
	$(Q)hardening/release/make_release.sh $(if $(filter command environment,$(firstword $(origin VERSION))),$(call quoted,$(VERSION)),$(error \
	  VERSION= is missing: make release VERSION=1.2.3))

#: TARBALL the tarball of a release, with its SHA256SUMS beside it, for verify-release
## verify-release: build a published tarball again; every file must be equal, bit for bit
verify-release: setup
	$(Q)hardening/release/verify_release.sh $(if $(TARBALL),$(call quoted,$(TARBALL)),$(error \
	  TARBALL= is missing: make verify-release TARBALL=FILE))
