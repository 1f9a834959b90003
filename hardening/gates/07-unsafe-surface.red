#!/bin/sh
# Plants a call of a banned function, and a call that is not banned, but of which flawfinder warns.
. hardening/gates/planted.sh
echo 'void planted(char *to, const char *from) { strcpy(to, from); }' >profiler/foundation/planted.c
must_be_red "a call of strcpy"
echo 'int planted(const char *path) { return access(path, 4) ? 0 : open(path, 0); }' >profiler/foundation/planted.c
must_be_red "a file that is checked before it is opened"
all_red
