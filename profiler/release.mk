# The release profile: `make release-build` compiles the instruments as they are published, with the hardening that the
# OpenSSF's guide names and gcc 12 has. The program is optimised as a whole, in one partition; the library is not, for it
# replaces malloc, and whole-program optimisation may turn its own code into calls of what it replaces. Both are stripped;
# their debug information stands in a file beside each, which names the build-id.

RELEASE := build/release
HARDENED := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing -ffile-prefix-map=$(CURDIR)=. -Werror=date-time \
	-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed,--build-id=sha1
RELEASED := $(RELEASE)/program/bin/clinic $(RELEASE)/library/lib/libclinic-preload.so

## release-build: build the instruments as they are published, in build/release: hardened, stripped, the program optimised as a whole
release-build: setup
	$(Q)$(MAKE) O=$(RELEASE)/program AR=gcc-ar \
	  PROFILE_FLAGS='$(HARDENED) -fPIE -pie -flto=auto -flto-partition=one' $(RELEASE)/program/bin/clinic
	$(Q)$(MAKE) O=$(RELEASE)/library PROFILE_FLAGS='$(HARDENED)' $(RELEASE)/library/lib/libclinic-preload.so
	$(Q)mkdir -p $(RELEASE)/bin $(RELEASE)/lib && for file in $(RELEASED); do \
	  out=$(RELEASE)/$${file#$(RELEASE)/*/}; [ $$out.debug -nt $$file ] && continue; \
	  objcopy --only-keep-debug $$file $$out.debug && \
	  objcopy --strip-all --add-gnu-debuglink=$$out.debug $$file $$out && touch $$out.debug || exit 1; done

PHONY += release-build
