#!/usr/bin/env python3
"""Kills cofil at random moments, fills its disk and lowers its limits, then checks the files left behind.

    python3 scripts/faults.py                  # 100 kills, one or two minutes
    python3 scripts/faults.py --kills 1000     # more kills

The same data, settings and seed give the same bytes, so every output after a kill must be the old file, the complete new
file, or (if there was no old file) absent. Resuming from checkpoints and files of trials must give the result of an
uninterrupted run. Needs a release build of the command.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COFIL = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "cofil"


class Fault(Exception):
    """A violated guarantee."""


def table(path, users, items, seed):
    draw = random.Random(seed)
    with open(path, "w") as file:
        file.write("user,item,rating,timestamp\n")
        for user in range(users):
            for item in sorted(draw.sample(range(items), 24)):
                rating = 1 + (user * item + draw.randrange(3)) % 5
                file.write(f"u{user},i{item},{rating},{1_600_000_000 + draw.randrange(10**7)}\n")


def run(folder, arguments, **kwargs):
    command = [COFIL, *arguments.split()]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, **kwargs)


def ok(folder, arguments):
    done = run(folder, arguments)
    if done.returncode != 0:
        raise Fault(f"cofil {arguments}: exit status {done.returncode}: {done.stderr}")
    return done


def contents(path):
    """Returns the bytes of a file, or of all files in a folder; None if it does not exist."""
    if path.is_dir():
        return {p.relative_to(path).as_posix(): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
    return path.read_bytes() if path.exists() else None


def visible(found):
    """Removes temporary files and locks, which a killed process cannot delete."""
    if not isinstance(found, dict):
        return found
    return {name: data for name, data in found.items() if not Path(name).name.startswith(".")}


class Job:
    """A command, its output, and how to resume after a kill."""

    def __init__(self, arguments, output, before=None, resumed=None, keeps=()):
        self.arguments, self.output = arguments, output
        # A command that creates the old output, if any.
        self.before = before
        # The command that resumes after a kill; its output must be that of an uninterrupted run.
        self.resumed = resumed
        # The files it resumes from.
        self.keeps = keeps

    def prepare(self, folder):
        for name in (self.output, *self.keeps):
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if self.before:
            ok(folder, self.before)

    def learn(self, folder):
        """Records the output before and after, and the time of an uninterrupted run."""
        self.prepare(folder)
        self.old = visible(contents(folder / self.output))
        start = time.monotonic()
        ok(folder, self.arguments)
        self.seconds = time.monotonic() - start
        self.new = visible(contents(folder / self.output))

    def kill(self, folder, draw):
        self.prepare(folder)
        process = subprocess.Popen([COFIL, *self.arguments.split()], cwd=folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(draw.random() * 1.1 * self.seconds)
        process.send_signal(signal.SIGKILL)
        ended = process.wait()
        found = visible(contents(folder / self.output))
        if isinstance(found, dict):
            # Files are written one after another; the record of a split is written last.
            torn = [name for name, data in found.items() if data != self.new.get(name)]
            whole = "split.json" not in found or found == self.new
        else:
            torn, whole = [], found in (self.old, self.new)
        if torn or not whole:
            raise Fault(f"{self.output} is torn after a kill of: cofil {self.arguments}: {torn}")
        if self.resumed:
            ok(folder, self.resumed)
            if visible(contents(folder / self.output)) != self.new:
                raise Fault(f"{self.output} differs after: cofil {self.resumed}")
        return ended == -signal.SIGKILL


JOBS = [
    Job("train t.csv -a ials --implicit --set factors=24 --set epochs=6 --seed 2 -o m", "m",
        before="train t.csv -a popularity --implicit -o m"),
    Job("train t.csv -a biased-mf --set epochs=12 --checkpoint c -o n", "n",
        resumed="train t.csv -a biased-mf --set epochs=12 --checkpoint c --resume -o n", keeps=("c",)),
    Job("train t.csv -a neumf --implicit --set epochs=3 --checkpoint d --valid 0.1 -o v", "v",
        resumed="train t.csv -a neumf --implicit --set epochs=3 --checkpoint d --valid 0.1 --resume -o v", keeps=("d",)),
    Job("tune t.csv -a ease --implicit --trials 6 -o e.toml --journal e.trials", "e.toml",
        resumed="tune t.csv -a ease --implicit --trials 6 -o e.toml --journal e.trials --resume", keeps=("e.trials",)),
    Job("recommend base --all -n 20 -o lists.csv", "lists.csv", before="recommend base --all -n 3 -o lists.csv"),
    Job("recommend base --all -n 20 -o lists.parquet", "lists.parquet"),
    Job("split t.csv --by user-random --test 0.2 -o parts", "parts"),
    Job("convert t.csv t.parquet", "t.parquet", before="convert more.csv t.parquet"),
    Job("update u more.csv --implicit -o u", "u", before="train t.csv -a ials --implicit --set factors=24 --set epochs=2 -o u"),
]  # fmt: skip


def kills(folder, count, seed):
    draw = random.Random(seed)
    for job in JOBS:
        job.learn(folder)
    done = 0
    for number in range(count):
        done += JOBS[number % len(JOBS)].kill(folder, draw)
    # Make the leftovers look old, so that the next writer removes them.
    left = [path for path in folder.rglob(".cofil-*")]
    for path in left:
        os.utime(path, (1, 1))
    for place in {path.parent for path in left}:
        ok(folder, f"convert more.csv {place / 'swept.csv'}")
    still = [path.name for path in folder.rglob(".cofil-*")]
    if still:
        raise Fault(f"temporary files of killed processes are still there: {still}")
    print(f"{count} kills, {done} before the end; {len(left)} temporary files were left and removed; no output torn")


def full_disk(folder):
    """Fills a small file system: expects an error message and the old file unchanged."""
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True, text=True)
    if mounted.returncode != 0:
        print(f"cannot mount a small file system: {mounted.stderr.strip()}; only the file size limit is tested")
        return
    try:
        ok(folder, "recommend base --all -n 1 -o small/lists.csv")
        before = (small / "lists.csv").read_bytes()
        for arguments, output in (("recommend base --all -n 20 -o small/lists.csv", "small/lists.csv"),
                                  ("train t.csv -a ials --implicit --set factors=64 --set epochs=1 -o small/m", "small/m"),
                                  ("convert t.csv small/t.csv", "small/t.csv"),
                                  ("split t.csv -o small/parts", "small/parts/train.csv")):  # fmt: skip
            done = run(folder, arguments)
            if done.returncode != 1 or output not in done.stderr or "No space left" not in done.stderr:
                raise Fault(f"cofil {arguments} on a full disk: {done.returncode}: {done.stderr}")
        left = sorted(p.name for p in small.rglob("*") if p.is_file())
        if left != ["lists.csv"] or (small / "lists.csv").read_bytes() != before:
            raise Fault(f"a full disk left {left}")
    finally:
        subprocess.run(["umount", small], check=True)
    print("full disk: 4 commands end with a message, nothing is left behind")


def limits(folder):
    """Lowers the limits of the process: expects an error message."""

    def limited(kind, value):
        return lambda: resource.setrlimit(kind, (value, value))

    cases = [
        ("recommend base --all -n 20 -o big.csv", resource.RLIMIT_FSIZE, 4096, "big.csv: File too large"),
        ("train t.csv -a ials --implicit --set factors=64 --set epochs=1 -o big", resource.RLIMIT_FSIZE, 4096,
         "big: File too large"),
    ]  # fmt: skip
    for arguments, kind, value, says in cases:
        done = run(folder, arguments, preexec_fn=limited(kind, value))
        if done.returncode != 1 or says not in done.stderr or "panicked" in done.stderr:
            raise Fault(f"cofil {arguments} under a limit: {done.returncode}: {done.stderr}")
    if list(folder.glob(".cofil-*")):
        raise Fault("temporary files are left after a limit")
    print(f"limits: {len(cases)} commands end with a message")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not COFIL.exists():
        sys.exit(f"{COFIL} is missing: cargo build --release")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table(folder / "t.csv", 1500, 300, 1)
        table(folder / "more.csv", 40, 300, 2)
        ok(folder, "train t.csv -a ials --implicit --set factors=16 --set epochs=2 -o base")
        try:
            kills(folder, arguments.kills, arguments.seed)
            full_disk(folder)
            limits(folder)
        except Fault as fault:
            sys.exit(f"fault: {fault}")


if __name__ == "__main__":
    main()
