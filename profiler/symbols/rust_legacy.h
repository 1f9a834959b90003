/*
 * symbols/rust_legacy.h - Rust's older symbol names as they were written.
 *
 * _ZN3app4pathE with a hash as its last part: `$LT$`, `$u20ac$` and `..`
 * stand for what a linker would not accept. libiberty gives up at the
 * characters beyond ASCII, and every name in a program may have some.
 *
 * Ownership  the result is the caller's to free().
 * Threads    safe.
 */
#ifndef CLINIC_SYMBOLS_RUST_LEGACY_H
#define CLINIC_SYMBOLS_RUST_LEGACY_H

/* NULL: not such a name (or no memory). The hash is not shown. */
char *clinic_rust_legacy_demangle(const char *name);

#endif
