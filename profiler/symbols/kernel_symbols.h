/*
 * symbols/kernel_symbols.h - the running kernel's functions.
 *
 * Functions of modules are named as /proc/kallsyms does: "nf_hook [nf]".
 *
 * Errors     0 or -errno: -EPERM when all addresses are hidden (0), as
 *            kernel.kptr_restrict does; -ENODATA when no function is listed;
 *            the errors of open(path).
 */
#ifndef CLINIC_SYMBOLS_KERNEL_SYMBOLS_H
#define CLINIC_SYMBOLS_KERNEL_SYMBOLS_H

#include "symbols/symbol_table.h"

/* path: /proc/kallsyms, or a file of that form. */
int clinic_kernel_symbols_read(const char *path,
			       struct clinic_symbol_table *table);

#endif
