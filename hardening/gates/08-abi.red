#!/bin/sh
# Plants a public structure that grew, an additional exported name, and a structure of an earlier release that changed within one major version.
. hardening/gates/planted.sh
sed -i 's/^\tuint64_t allocated_bytes;/&\n\tuint64_t planted_bytes;/' profiler/include/clinic/alloc.h
must_be_red "a public structure that grew" "type size changed"
restore profiler/include/clinic/alloc.h
printf '\nEXPORT int clinic_planted(void);\nEXPORT int clinic_planted(void)\n{\n\treturn 0;\n}\n' >>profiler/preload/stage_hooks.c
must_be_red "an additional exported name" "+clinic_planted"
restore profiler/preload/stage_hooks.c
sed -i "s/size-in-bits='192'/size-in-bits='256'/" hardening/abi/libclinic-preload.abi
commit "another release" && git tag v1.0.0
restore hardening/abi
sed -i 's/CLINIC_VERSION ".*"/CLINIC_VERSION "1.1.0"/' profiler/include/clinic/version.h
must_be_red "a changed structure within one major version" "1.1.0 breaks programs built with v1.0.0"
all_red
