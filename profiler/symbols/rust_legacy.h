/*
 * symbols/rust_legacy.h - Rust's older symbol names as they were written.
 *
 * Such a name is _ZN3app4pathE with a hash as its last part. `$LT$`, `$u20ac$`
 * and `..` stand for characters that a linker does not accept. libiberty gives
 * up at characters beyond ASCII, which any name may contain.
 *
 * Ownership  the caller frees the result.
 * Threads    safe.
 */
#ifndef CLINIC_SYMBOLS_RUST_LEGACY_H
#define CLINIC_SYMBOLS_RUST_LEGACY_H

/* NULL: it is not such a name, or memory is short. The hash is left out. */
char *clinic_rust_legacy_demangle(const char *name);

#endif
