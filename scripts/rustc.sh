#!/bin/sh
# A RUSTC_WRAPPER for scripts/lint.py. Calls the compiler, and for the crates of this workspace writes the call down:
# a file in the folder $CALLS holds the variables that cargo sets and the arguments, each ended by NUL.
# Cargo gives the extension module of Python no name of its own.
name=-extension test=
for argument; do
    case "$argument" in
        extra-filename=*) name=${argument#extra-filename=} ;;
        --test) test=yes ;;
    esac
done
case "$name:${CARGO_MANIFEST_DIR:-}" in
    -*:"$WORKSPACE"/crates/*)
        mkdir -p "$CALLS"
        {
            env -0 | grep -z -E '^(CARGO_|OUT_DIR=)' | grep -z -v '^CARGO_MAKEFLAGS='
            printf '\0'
            printf '%s\0' "$@"
        } > "$CALLS/${CARGO_CRATE_NAME:-crate}$name"
        ;;
esac
# Only the library's kernels have to be compiled in one piece; tests are compiled on all cores.
if [ "$test" ]; then
    for argument; do
        shift
        case "$argument" in codegen-units=*) argument=codegen-units=16 ;; esac
        set -- "$@" "$argument"
    done
fi
exec "$@"
