#!/usr/bin/env bash
# Fuzzes all readers of external data: `scripts/fuzz.sh SECONDS [TARGET...]`, two targets at a time.
# Failing inputs are kept in fuzz/artifacts/TARGET; `target/fuzz/TARGET FILE` runs one again.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds="$1"
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || for file in fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done

CARGO_TARGET_DIR=../target/fuzz-build cargo build --release --quiet
mkdir -p ../target/fuzz
../target/fuzz-build/x86_64-unknown-linux-gnu/release/seeds ../target/fuzz/seeds 2> /dev/null

run() { # run TARGET SECONDS
    local seeds=()
    for folder in "corpus/$1" "../target/fuzz/seeds/$1" $([ "$1" = model ] && echo ../crates/cofil/tests/golden); do
        [ -d "$folder" ] && seeds+=("$folder")
    done
    mkdir -p "../target/fuzz/corpus-$1" "artifacts/$1"
    local log="../target/fuzz/$1.log"
    # No small input may take more than five seconds or 1 GB.
    if ! "../target/fuzz-build/x86_64-unknown-linux-gnu/release/$1" "../target/fuzz/corpus-$1" "${seeds[@]}" \
        -max_total_time="$2" -timeout=5 -rss_limit_mb=1024 -max_len=16384 -verbosity=1 -print_final_stats=1 \
        -artifact_prefix="artifacts/$1/" > "$log" 2>&1; then
        tail -40 "$log"
        echo "-- $1: failed; the input is in fuzz/artifacts/$1"
        return 1
    fi
    rmdir "artifacts/$1" artifacts 2> /dev/null || true
    local runs peak edges
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
    edges=$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2)
    echo "-- $1: $runs inputs, $edges edges covered, peak $peak MB"
}

failed=0
for ((at = 0; at < ${#targets[@]}; at += 2)); do
    jobs=()
    for target in "${targets[@]:at:2}"; do
        run "$target" "$seconds" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
done
exit $failed
