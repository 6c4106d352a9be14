#!/usr/bin/env python3
"""Trains every algorithm and uses every model on several processors, and compares the output byte by byte.

    python3 scripts/machines.py           # about a minute
    python3 scripts/machines.py --all     # more settings and a second table
    python3 scripts/machines.py --arm COFIL   # with a binary for 64-bit ARM

The processors are this machine and processors emulated by QEMU: one with AVX2 and FMA and one with neither, or an ARM
processor. The library selects code by processor features, so this covers every compiled path. Comparisons other than
training use the models of this machine. Needs a release build of the command, and qemu-user.
"""

import argparse
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COFIL = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "cofil"
HERE = [str(COFIL)]

# Known differences by processor, with the reason; docs/machines.md lists the same. Keys are an algorithm and an output,
# such as ("ease", "model").
KNOWN = {"avx2": {}, "plain": {}, "arm": {}}

# The features that std detects on each processor; the library relies on this detection.
FEATURES = ("avx", "avx2", "fma", "avx512f")
EMULATED = {
    "avx2": ("Haswell", {"avx", "avx2", "fma"}),
    "plain": ("Nehalem", set()),
}
DETECTION = """
fn main() {
    let found = [FEATURES];
    found.iter().filter(|f| f.1).for_each(|f| print!("{} ", f.0));
}
"""

# Emulated matrix products are slow.
QUICK = {"epochs": 2, "factors": 20, "hidden": 50, "layers": "[16,8]"}

# Algorithms for which all interactions count alike.
ALIKE = {"bpr", "warp", "logistic-mf", "gmf", "mlp", "neumf"}

# Settings that use other code than the defaults.
MORE = {
    "biased-mf": [["link=sigmoid"]],
    "als": [["factors=128"]],
    "ials": [["factors=128"], ["factors=24", "solver=cholesky"]],
    "ease": [["reg=10"]],
    "knn-baseline": [["neighbours_of=users"]],
    "item-knn": [["similarity=pearson"]],
    "autorec-item": [["encoder=tanh"]],
    "autorec-user": [["encoder=selu"]],
    "neumf": [["loss=softmax"]],
}


# Number of outputs that `uses` compares per model.
USES = 6


class Failure(Exception):
    """A failed command."""


def table(path, users, items, each, seed):
    draw = random.Random(seed)
    # Some items are far more popular than others, so that item histories have all lengths.
    weights = [1 / (1 + i) ** 0.7 for i in range(items)]
    with open(path, "w") as train, open(path.with_suffix(".test.csv"), "w") as test:
        for file in (train, test):
            file.write("user,item,rating,timestamp\n")
        for user in range(users):
            chosen = dict.fromkeys(draw.choices(range(items), weights, k=draw.randrange(2, 2 * each)))
            for at, item in enumerate(chosen):
                rating = 1 + (user * item + draw.randrange(3)) % 5
                line = f"u{user},i{item},{rating},{1_600_000_000 + draw.randrange(10**7)}\n"
                (test if at % 5 == 4 else train).write(line)


def run(folder, command, arguments):
    done = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join([*command, *arguments])}: {done.returncode}: {done.stderr}")
    return done.stdout


def recipes(everything):
    """Returns the names of all algorithms, with settings that make each fast."""
    found = []
    for entry in json.loads(run(ROOT, HERE, ["algorithms", "--json"])):
        name = entry["name"]
        settings = json.loads(run(ROOT, HERE, ["algorithms", name, "--json"]))["properties"]
        quick = [f"{setting}={value}" for setting, value in QUICK.items() if setting in settings]
        for more in [[], *(MORE.get(name, []) if everything else [])]:
            found.append((" ".join([name, *more]), name, quick + more))
    return found


def train(folder, command, data, recipe, output):
    _, name, settings = recipe
    chosen = [part for setting in settings for part in ("--set", setting)]
    chosen += ["--implicit"] if name in ALIKE else []
    run(folder, command, ["train", data, "--algorithm", name, *chosen, "--threads", "1", "--output", output])
    return (folder / output).read_bytes()


def uses(folder, command, data, model, place):
    """Yields the outputs of a model, with their names."""

    def file(*arguments):
        run(folder, command, [*arguments, "--threads", "1", "--output", place])
        return (folder / place).read_bytes()

    test = f"{Path(data).stem}.test.csv"
    stranger = [part for i in (0, 3, 4, 9, 17) for part in ("--history", f"i{i}:{1 + i % 5}")]
    yield "lists", file("recommend", model, "--all", "-n", "20")
    yield "list of one user", run(folder, command, ["recommend", model, "--user", "u7", "--json"])
    yield "list of a new user", run(folder, command, ["recommend", model, *stranger, "--json"])
    yield "predictions", file("predict", model, "--pairs", test)
    yield "similar items", file("similar", model, "--all")
    report = json.loads(run(folder, command, ["evaluate", model, "--test", test, "--resamples", "100", "--json"]))
    del report["seconds"]
    yield "report", report


def compare(folder, data, recipe, processors):
    """Returns, for each processor, the outputs that differ from this machine."""
    label = "".join(c if c.isalnum() else "-" for c in f"{Path(data).stem} {recipe[0]}")
    model = f"{label}.cofil"
    trained = train(folder, HERE, data, recipe, model)
    here = dict(uses(folder, HERE, data, model, f"{label}.csv"))
    differ = {}
    for processor, command in processors.items():
        there = uses(folder, command, data, model, f"{label}.{processor}.csv")
        differ[processor] = {(recipe[0], name) for name, found in there if found != here[name]}
        if train(folder, command, data, recipe, f"{label}.{processor}.cofil") != trained:
            differ[processor].add((recipe[0], "model"))
    return differ


def detects(folder, emulator):
    """Returns the features that std detects on a processor."""
    program = folder / "detection"
    if not program.exists():
        checks = ", ".join(f'("{f}", std::arch::is_x86_feature_detected!("{f}"))' for f in FEATURES)
        source = folder / "detection.rs"
        source.write_text(DETECTION.replace("FEATURES", checks))
        subprocess.run(["rustc", "-O", source, "-o", program], check=True)
    return set(subprocess.run([*emulator, program], check=True, capture_output=True, text=True).stdout.split())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="more settings and a second table")
    parser.add_argument("--arm", metavar="COFIL", help="compare only with this binary for 64-bit ARM")
    parser.add_argument("--recipe", action="append", help="only this algorithm; may be repeated")
    arguments = parser.parse_args()
    if not COFIL.exists():
        sys.exit(f"{COFIL} is missing: cargo build --release")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table(folder / "small.csv", 150, 110, 9, 1)
        tables = ["small.csv"]
        if arguments.all:
            table(folder / "large.csv", 500, 1100, 30, 2)
            tables.append("large.csv")
        processors = {}
        if arguments.arm:
            processors["arm"] = ["qemu-aarch64", str(Path(arguments.arm).resolve())]
        else:
            here = detects(folder, [])
            print(f"this processor has {' '.join(sorted(here)) or 'none'} of {' '.join(FEATURES)}")
            for processor, (cpu, expected) in EMULATED.items():
                emulator = ["qemu-x86_64", "-cpu", cpu]
                found = detects(folder, emulator)
                if found != expected:
                    sys.exit(f"the emulated {cpu} has {found}, expected {expected}")
                if here == expected and not arguments.all:
                    print(f"{processor}: same as this processor")
                    continue
                processors[processor] = [*emulator, *HERE]
        chosen = [r for r in recipes(arguments.all) if not arguments.recipe or r[1] in arguments.recipe]
        jobs = [(data, recipe) for data in tables for recipe in chosen]
        differ = {processor: set() for processor in processors}
        try:
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                for found in pool.map(lambda job: compare(folder, *job, processors), jobs):
                    for processor, names in found.items():
                        differ[processor] |= names
        except Failure as failure:
            sys.exit(f"{failure}")
    wrong = []
    for processor, found in differ.items():
        known = KNOWN[processor]
        wrong += [f"{processor}: {r}: {what} differs" for r, what in sorted(found - set(known))]
        tried = {recipe[0] for recipe in chosen}
        gone = {k for k in known if k[0] in tried} - found
        wrong += [f"{processor}: {r}: {what} no longer differs; remove it from KNOWN" for r, what in sorted(gone)]
        print(f"{processor}: {len(jobs)} models and {len(jobs) * USES} uses; {len(found)} differences, {len(known)} known")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
