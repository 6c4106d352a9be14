#!/bin/sh
# A RUSTC_WRAPPER: calls the compiler, and writes the call down for scripts/lint.py if the crate is of this workspace.
# $CALLS is the folder for the calls: a file each, the environment that cargo sets and the arguments, ended by NUL.
name=
for argument; do
    case "$argument" in
        extra-filename=*) name=${argument#extra-filename=} ;;
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
exec "$@"
