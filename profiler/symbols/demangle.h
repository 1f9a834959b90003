/*
 * symbols/demangle.h - C++ and Rust names as they were written.
 *
 * _ZN4ring4pushEi         -> ring::push(int)
 * _RNvNtCs1_4core3fmt5write -> core::fmt::write
 * Rust's hashes are left out: they tell nothing and differ between builds.
 *
 * Hostile names can describe more text than there is memory: output stops
 * at CLINIC_DEMANGLED_MAX bytes, and with it the work.
 *
 * Ownership  the result is the caller's to free().
 * Threads    safe.
 */
#ifndef CLINIC_SYMBOLS_DEMANGLE_H
#define CLINIC_SYMBOLS_DEMANGLE_H

#define CLINIC_DEMANGLED_MAX 65536

/* NULL when the name is not mangled, or without memory: show it unchanged. */
char *clinic_demangle(const char *name);

#endif
