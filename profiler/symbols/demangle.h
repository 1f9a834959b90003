/*
 * symbols/demangle.h - C++ and Rust names as they were written.
 *
 * _ZN4ring4pushEi         -> ring::push(int)
 * _RNvNtCs1_4core3fmt5write -> core::fmt::write
 * Rust's hashes are left out: they say nothing and differ between builds.
 *
 * Hostile    a name can describe more text than fits into memory: demangling
 *            stops at CLINIC_DEMANGLED_MAX bytes of output.
 * Ownership  the caller frees the result.
 * Threads    safe.
 */
#ifndef CLINIC_SYMBOLS_DEMANGLE_H
#define CLINIC_SYMBOLS_DEMANGLE_H

#define CLINIC_DEMANGLED_MAX 65536

/* NULL when the name is not mangled or memory is short: show it unchanged. */
char *clinic_demangle(const char *name);

#endif
