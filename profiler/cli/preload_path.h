/*
 * cli/preload_path.h - where the library is that goes into targets.
 *
 * Beside this program: bin/clinic and lib/libclinic-preload.so. Not checked
 * to be there.
 */
#ifndef CLINIC_CLI_PRELOAD_PATH_H
#define CLINIC_CLI_PRELOAD_PATH_H

#include <limits.h>

void clinic_preload_path(char path[PATH_MAX]);

#endif
