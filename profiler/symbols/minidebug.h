/*
 * symbols/minidebug.h - .gnu_debugdata: an xz-packed ELF file with a .symtab.
 *
 * Fedora ships it inside stripped binaries ("MiniDebugInfo").
 *
 * Errors     0 or -errno: -ENODATA when there is none; -EBADMSG when it is
 *            damaged; -EFBIG when it unpacks to more than symbols can take.
 */
#ifndef CLINIC_SYMBOLS_MINIDEBUG_H
#define CLINIC_SYMBOLS_MINIDEBUG_H

#include "symbols/symbol_table.h"

int clinic_minidebug_read(const struct clinic_elf *binary,
			  struct clinic_symbol_table *table);

#endif
