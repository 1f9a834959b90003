/*
 * cli/preload_path.h - where the library is that is loaded into targets.
 *
 * It is beside this program: bin/clinic and lib/libclinic-preload.so. Whether
 * it exists is not checked.
 */
#ifndef CLINIC_CLI_PRELOAD_PATH_H
#define CLINIC_CLI_PRELOAD_PATH_H

#include <limits.h>

void clinic_preload_path(char path[PATH_MAX]);

#endif
