# The release profile: `make release-build` compiles the instruments as they are published, with the hardening that the
# OpenSSF's guide names and gcc 12 has. The program is optimised as a whole, in one partition; the library is not, because
# it replaces malloc, and whole-program optimisation may turn its own code into calls of what it replaces. Both are stripped;
# the debug information of each is in a file beside it, which has the same build-id.

RELEASE := build/release
AS_ONE := -fPIE -pie -flto=auto -flto-partition=one
HARDENED := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing -ffile-prefix-map=$(CURDIR)=. -Werror=date-time \
	-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed,--build-id=sha1
RELEASED := $(RELEASE)/program/bin/clinic $(RELEASE)/library/lib/libclinic-preload.so

## release-build: build the instruments as they are published, in build/release: hardened, stripped, the program optimised as a whole
release-build: setup
	$(Q)$(MAKE) O=$(RELEASE)/program AR=gcc-ar \
	  PROFILE_FLAGS='$(HARDENED) $(AS_ONE)' $(RELEASE)/program/bin/clinic
	$(Q)$(MAKE) O=$(RELEASE)/library PROFILE_FLAGS='$(HARDENED)' $(RELEASE)/library/lib/libclinic-preload.so
	$(Q)mkdir -p $(RELEASE)/bin $(RELEASE)/lib && for file in $(RELEASED); do \
	  out=$(RELEASE)/$${file#$(RELEASE)/*/}; [ $$out.debug -nt $$file ] && continue; \
	  objcopy --only-keep-debug $$file $$out.debug && \
	  objcopy --strip-all --add-gnu-debuglink=$$out.debug $$file $$out && touch $$out.debug || exit 1; done

# Builds the program again, optimised by counts of its own runs. gcc finds these counts beside the objects, so GUIDE=generate, a run and GUIDE=use
# follow each other in one folder. gates/02-profile-guided does that, and compares the result.
GUIDED := build/guided
GUIDE_generate := -fprofile-generate -fprofile-update=prefer-atomic -Wl,-Map=$(GUIDED)/clinic.map
GUIDE_use := -fprofile-use -Wmissing-profile -Werror=coverage-mismatch
guided = -frandom-seed=$$@ $(or $(GUIDE_$(GUIDE)),$(error GUIDE= is generate or use))

#: GUIDE generate or use, for guided-build
## guided-build: the released program, with counters (GUIDE=generate) or optimised by what they have counted (GUIDE=use), in build/guided
guided-build: setup
	$(Q)$(MAKE) O=$(GUIDED) AR=gcc-ar PROFILE_FLAGS='$(HARDENED) $(AS_ONE) $(guided)' $(GUIDED)/bin/clinic

# BOLT needs the relocations, no jump tables (it would skip each function that has one, and not say so), and functions in one piece.
FOR_BOLT := -fno-jump-tables -fno-reorder-blocks-and-partition -Wl,--emit-relocs
## bolt-build: the released program in the form that BOLT can read, in build/bolt; gates/03-bolt optimises and judges it
bolt-build: setup
	$(Q)$(MAKE) O=build/bolt AR=gcc-ar PROFILE_FLAGS='$(HARDENED) $(AS_ONE) $(FOR_BOLT)' build/bolt/bin/clinic

PHONY += release-build guided-build bolt-build
