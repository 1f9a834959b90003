#!/bin/sh
# Plants a file under a licence whose text is missing, then the text: the licence is still not allowed here.
. hardening/gates/planted.sh
tag=SPDX-License-Identifier
printf '/* %s: GPL-3.0-only */\n' "$tag" >profiler/foundation/planted.c
must_be_red "a file under a licence whose text is missing"
echo "the text" >LICENSES/GPL-3.0-only.txt
must_be_red "a file under a licence that is not allowed"
all_red
