#!/usr/bin/env python3
"""Clippy and rustdoc for the whole workspace, and Clippy for the library without its features, all from one build.

`cargo clippy` and `cargo doc` check every dependency first, and again for each set of features, which takes several
minutes on two cores. The build of the tests has all that Clippy needs. So this script builds everything with a wrapper that
writes down each call of the compiler (scripts/rustc.sh), and repeats the calls with Clippy or rustdoc in place of
the compiler. Warnings are errors.

    python3 scripts/lint.py            # all targets, documentation
    python3 scripts/lint.py features   # the library without each of its features, and without all
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CALLS = TARGET / "calls"
BUILD = ["cargo", "build", "--release", "--workspace", "--all-targets"]
# Options of the compiler that say what to write and how: name and number of values.
OUTPUT = {"--out-dir": 1, "--emit": 0, "--error-format": 0, "--json": 0, "--diagnostic-width": 0}


class Call:
    """A call of the compiler for a crate of the workspace."""

    def __init__(self, path: pathlib.Path):
        variables, arguments = path.read_bytes().decode().split("\0\0", 1)
        self.environment = dict(line.split("=", 1) for line in variables.split("\0") if line)
        self.arguments = arguments.removesuffix("\0").split("\0")[1:]
        self.source = next(argument for argument in self.arguments if argument.endswith(".rs"))
        self.is_test = "--test" in self.arguments
        self.is_library = not self.is_test and self.value("--crate-type") == "lib"
        self.time = path.stat().st_mtime

    def value(self, option: str) -> str:
        return self.arguments[self.arguments.index(option) + 1] if option in self.arguments else ""

    def plain(self) -> list[str]:
        """The arguments without those that say what to write."""
        kept, left = [], iter(self.arguments)
        for argument in left:
            option = argument.split("=", 1)[0]
            if option in OUTPUT:
                for _ in range(OUTPUT[option] if "=" not in argument else 0):
                    next(left)
            else:
                kept.append(argument)
        return kept

    def without(self, features: set[str]) -> list[str]:
        """The arguments of `plain` without these features and the dependencies that only they use."""
        declared = features_of_library()
        uses = lambda names: {use for name in names for use in declared[name] if use.startswith("dep:")}
        unused = uses(features) - uses(set(declared) - features)
        crates = {use.removeprefix("dep:").replace("-", "_") for use in unused}
        kept, left = [], iter(self.plain())
        for argument in left:
            if argument in ("--cfg", "--extern"):
                value = next(left)
                feature = value.removeprefix('feature="').removesuffix('"')
                if feature in features | {"default"} or value.split("=")[0] in crates:
                    continue
                kept += [argument, value]
            else:
                kept.append(argument)
        return kept

    def run(self, tool: str, arguments: list[str], folder: str) -> subprocess.CompletedProcess:
        command = [tool, *(["rustc"] if tool == "clippy-driver" else []), *arguments, "-Dwarnings"]
        command += ["-o", folder] if tool == "rustdoc" else ["--emit=metadata", "--out-dir", folder]
        return subprocess.run(
            command, cwd=ROOT, env=os.environ | self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )


def features_of_library() -> dict[str, list[str]]:
    return tomllib.loads((ROOT / "crates/cofil/Cargo.toml").read_text())["features"]


def calls() -> list[Call]:
    """The newest call for each target of the workspace, after a build."""
    environment = os.environ | {
        "RUSTC_WRAPPER": str(ROOT / "scripts/rustc.sh"), "CALLS": str(CALLS), "WORKSPACE": str(ROOT),
    }
    subprocess.run(BUILD, cwd=ROOT, env=environment, check=True)
    newest: dict[tuple[str, bool], Call] = {}
    for call in sorted(map(Call, CALLS.glob("*-*")), key=lambda call: call.time):
        newest[call.source, call.is_test] = call
    sources = {str(path.relative_to(ROOT)) for path in ROOT.glob("crates/*/src/*.rs") if path.stem in ("lib", "main")}
    sources |= {str(path.relative_to(ROOT)) for path in ROOT.glob("crates/*/tests/*.rs")}
    missing = sources - {source for source, _ in newest}
    if missing:
        sys.exit(
            f"the calls for {', '.join(sorted(missing))} were not written down: they were built before. "
            "Remove them with `cargo clean --release -p cofil -p cofil-cli -p cofil-bench -p cofil-python -p cofil-reproduce`"
        )
    return list(newest.values())


def main() -> int:
    jobs = []
    found = calls()
    if sys.argv[1:] == ["features"]:
        library = next(call for call in found if call.is_library and call.source == "crates/cofil/src/lib.rs")
        features = set(features_of_library()) - {"default"}
        for off in [features, *({name} for name in sorted(features))]:
            jobs.append((f"without {', '.join(sorted(off))}", library, "clippy-driver", library.without(off)))
    else:
        # The longest first.
        for call in sorted(found, key=lambda call: not call.source.endswith("lib.rs")):
            what = f"{call.source}{' (tests)' if call.is_test else ''}"
            jobs.append((f"clippy {what}", call, "clippy-driver", call.plain()))
            if call.is_library:
                jobs.append((f"rustdoc {what}", call, "rustdoc", call.plain()))
    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        def timed(job):
            what, call, tool, arguments = job
            start = time.monotonic()
            done = call.run(tool, arguments, tempfile.mkdtemp(dir=folder))
            return what, done, time.monotonic() - start
        for what, done, seconds in pool.map(timed, jobs):
            print(f"{'ok' if done.returncode == 0 else 'FAILED':6} {seconds:5.1f} s  {what}", flush=True)
            if done.returncode != 0:
                failed += 1
            if done.stdout:
                print(done.stdout, flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
