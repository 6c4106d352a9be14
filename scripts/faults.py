#!/usr/bin/env python3
"""Kills cofil at random moments, fills its disk, gives it odd places to write to and lowers its limits, then checks the
files left behind.

    python3 scripts/faults.py                  # 100 kills, one or two minutes
    python3 scripts/faults.py --kills 1000     # more kills

The same data, settings and seed give the same bytes, so every output after a kill must be the old file, the complete new
file, or (if there was no old file) absent. Resuming from checkpoints and files of trials must give the result of an
uninterrupted run. Needs a release build of the command.
"""

import argparse
import gzip
import os
import random
import resource
import shutil
import signal
import stat
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
    """Fills a small file system: expects an error message that names the file, and the old files unchanged."""
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True, text=True)
    if mounted.returncode != 0:
        print(f"cannot mount a small file system: {mounted.stderr.strip()}; only the file size limit is tested")
        return
    # 60 KiB are left.
    large = "train t.csv -a ials --implicit --set factors=64 --set epochs=1"
    cases = [
        ("recommend base --all -n 20 -o small/lists.csv", "small/lists.csv"),
        (f"{large} -o small/m", "small/m"),
        (f"{large} --checkpoint small/state -o large", "small/state"),
        ("convert t.csv small/t.csv", "small/t.csv"),
        ("convert t.csv small/t.parquet", "small/t.parquet"),
        ("split t.csv -o small/parts", "small/parts/train.csv"),
        ("predict base --pairs t.csv -o small/pairs.csv", "small/pairs.csv"),
        ("similar base --all -n 300 -o small/similar.csv", "small/similar.csv"),
        ("update base more.csv --implicit -o small/u", "small/u"),
        ("forget base --user u1 -o small/f", "small/f"),
        ("inspect base --arrays small/arrays", "small/arrays/"),
        ("describe t.csv --plot small/plot.png", "small/plot.png"),
        ("compare t.csv --implicit --algorithms popularity --report small/report.html", "small/report.html"),
        ("tune t.csv -a ease --implicit --trials 100 -o best.toml --journal small/trials", "small/trials"),
        ("man -o small/man", "small/man/cofil"),
    ]  # fmt: skip
    try:
        ok(folder, "recommend base --all -n 1 -o small/lists.csv")
        before = (small / "lists.csv").read_bytes()
        full = 0
        for arguments, output in cases:
            # The smaller an output, the less room it gets.
            fill(small, 4096 if output in SMALL else 61440)
            done = run(folder, arguments)
            (small / "filler").unlink()
            if done.returncode != 1 or output not in done.stderr or "No space left" not in done.stderr:
                raise Fault(f"cofil {arguments} on a full disk: {done.returncode}: {done.stderr}")
            if ".cofil-" in done.stderr or "panicked" in done.stderr:
                raise Fault(f"cofil {arguments} on a full disk names what is not the user's: {done.stderr}")
            full += 1
            left = {p.relative_to(small).as_posix() for p in small.rglob("*") if p.is_file()}
            whole = {name for name in left if name.startswith(KEPT)}
            if left - whole != {"lists.csv"} or (small / "lists.csv").read_bytes() != before:
                raise Fault(f"cofil {arguments}: a full disk left {left}")
            for name in whole:
                (small / name).unlink()
        # Parquet within zstd is unpacked into the folder for temporary files.
        ok(folder, "convert t.csv packed.parquet")
        packed = (folder / "packed.parquet").read_bytes()
        (folder / "packed.parquet.gz").write_bytes(gzip.compress(packed))
        fill(small, 4096)
        done = run(folder, "describe packed.parquet.gz", env={**os.environ, "TMPDIR": str(small)})
        if done.returncode != 1 or f"{small}: No space left" not in done.stderr:
            raise Fault(f"unpacking on a full disk: {done.returncode}: {done.stderr}")
    finally:
        subprocess.run(["umount", small], check=True)
    print(f"full disk: {full + 1} commands end with a message, nothing is left behind")


def special_places(folder):
    """Writes to a file that is mounted in its place, as containers do, and to a block device without a driver."""
    place, behind, device = folder / "mounted.csv", folder / "behind.csv", folder / "device"
    place.write_text("old")
    behind.write_text("old")
    lists = "recommend base --all -n 2 -o"
    ok(folder, f"{lists} expected.csv")
    expected = (folder / "expected.csv").read_bytes()
    mounted = subprocess.run(["mount", "--bind", behind, place], capture_output=True, text=True)
    if mounted.returncode != 0:
        print(f"cannot mount a file: {mounted.stderr.strip()}; odd places are not tested")
        return
    try:
        ok(folder, f"{lists} mounted.csv")
    finally:
        subprocess.run(["umount", place], check=True)
    if behind.read_bytes() != expected or place.read_text() != "old":
        raise Fault("a mounted file was not written to")
    # A full disk behind a mounted file leaves the old content.
    small = folder / "small"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", small], check=True)
    try:
        old = b"old" * 1000
        (small / "m").write_bytes(old)
        subprocess.run(["mount", "--bind", small / "m", place], check=True)
        try:
            done = run(folder, f"{lists.replace('-n 2', '-n 20')} mounted.csv")
        finally:
            subprocess.run(["umount", place], check=True)
        if done.returncode != 1 or "No space left" not in done.stderr or (small / "m").read_bytes() != old:
            raise Fault(f"a full disk behind a mounted file: {done.returncode}: {done.stderr}")
    finally:
        subprocess.run(["umount", small], check=True)
    os.mknod(device, stat.S_IFBLK | 0o600, os.makedev(240, 0))
    done = run(folder, f"{lists} device")
    if done.returncode != 1 or "device" not in done.stderr or not stat.S_ISBLK(device.lstat().st_mode):
        raise Fault(f"a block device: {done.returncode}: {done.stderr}")
    device.unlink()
    print("a mounted file is written to, and kept if the disk is full; a block device stays")


SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int fsync(int file) {
    char link[64], name[4096] = "";
    struct stat about;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (fstat(file, &about) != 0 || readlink(link, name, sizeof name - 1) < 0) abort();
    const char *what = S_ISDIR(about.st_mode) ? "folder\n" : strstr(name, ".cofil-") ? "temporary file\n" : "file\n";
    int log = open(getenv("CALLS"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (write(log, what, strlen(what)) < 0) abort();
    close(log);
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}
"""


def flushed(folder):
    """Watches what a command flushes to disk: a file before it gets its name, and then the folder with the name."""
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c"], check=True)
    calls = folder / "calls"
    for arguments, files in [
        ("train t.csv -a popularity -o new", 1),
        ("recommend base --all -n 2 -o new.csv", 1),
        ("update base more.csv --implicit -o new", 1),
        ("split t.csv -o flushed", 3),
    ]:
        calls.unlink(missing_ok=True)
        done = run(folder, arguments, env={**os.environ, "LD_PRELOAD": str(folder / "shim.so"), "CALLS": str(calls)})
        # The name of a new folder is flushed first.
        found = calls.read_text().splitlines() if done.returncode == 0 else done.stderr
        wanted = ["temporary file", "folder"] * files
        if found[-len(wanted) :] != wanted:
            raise Fault(f"cofil {arguments}: {found}")
    print("files are flushed to disk before they are renamed, and their folders afterwards")


# Outputs of a few kilobytes.
SMALL = {"small/plot.png", "small/report.html", "small/trials", "small/man/cofil", "small/arrays/"}
# What is written in several steps stays as far as it came: trials, and whole files of a folder.
KEPT = ("trials", "man/", "arrays/")


def fill(folder, room):
    """Fills the file system of `folder` except for `room` bytes."""
    free = os.statvfs(folder)
    with open(folder / "filler", "wb") as file:
        file.write(bytes(max(free.f_bavail * free.f_frsize - room, 0)))


def limits(folder):
    """Lowers the limits of the process: expects an error message, or the result if the limit is high enough."""

    def limited(kind, value):
        return lambda: resource.setrlimit(kind, (value, value))

    def told(arguments, done, says):
        # 2 if a setting is named.
        if done.returncode not in (1, 2) or not any(word in done.stderr for word in says) or "panicked" in done.stderr:
            raise Fault(f"cofil {arguments} under a limit: {done.returncode}: {done.stderr}")

    large = "train t.csv -a ials --implicit --set factors=64 --set epochs=1 -o big"
    for arguments, kind, value, says in [
        ("recommend base --all -n 20 -o big.csv", resource.RLIMIT_FSIZE, 4096, ["big.csv: File too large"]),
        (large, resource.RLIMIT_FSIZE, 4096, ["big: File too large"]),
        ("train t.csv -a ease --implicit -o big", resource.RLIMIT_FSIZE, 4096, ["big: File too large"]),
        ("--threads 1 train t.csv -a ials --implicit --set factors=16384 --set epochs=1 -o big",
         resource.RLIMIT_AS, 400 << 20, ["out of memory", "memory are free"]),
        ("--threads 1 train t.csv -a mlp --implicit --set layers=4096,4096 --set epochs=1 -o big",
         resource.RLIMIT_AS, 400 << 20, ["out of memory", "memory are free"]),
    ]:  # fmt: skip
        told(arguments, run(folder, arguments, preexec_fn=limited(kind, value)), says)
    # What does not fit fails alone.
    compare = "--threads 1 compare t.csv --implicit --algorithms popularity --with mlp:layers=8192,8192"
    done = run(folder, compare, preexec_fn=limited(resource.RLIMIT_AS, 400 << 20))
    if done.returncode != 0 or "memory are free" not in done.stderr + done.stdout:
        raise Fault(f"cofil {compare} with little memory: {done.returncode}: {done.stderr}")
    # Open files: from none to enough.
    for arguments in (
        "describe t.csv",
        "train t.csv -a popularity -o files",
        "recommend base --all -n 2 -o files.csv",
        "split t.csv -o files-split",
        "tune t.csv -a popularity --trials 1 -o files.toml --journal files.trials --resume",
        "compare t.csv --implicit --algorithms popularity",
    ):
        enough = 0
        for most in range(3, 24):
            done = run(folder, arguments, preexec_fn=limited(resource.RLIMIT_NOFILE, most))
            enough += done.returncode == 0
            # The loader of libraries fails first.
            if done.returncode not in (0, 127):
                told(arguments, done, ["Too many open files"])
        if not enough:
            raise Fault(f"cofil {arguments}: 23 open files are not enough")
    # Little stack: nothing recurses as deep as its input.
    deep = "(" * 5000 + "x = 1" + ")" * 5000
    nested = '{"user": 1, "item": 2, "more": ' + "[" * 100_000 + "]" * 100_000 + "}\n"
    (folder / "nested.jsonl").write_text(nested)
    small = limited(resource.RLIMIT_STACK, 64 << 10)
    for arguments in (
        "--help",
        "describe nested.jsonl",
        "train t.csv -a ease --implicit -o stack",
        "recommend base --all -n 2 -o stack.csv",
        "compare t.csv --implicit --algorithms popularity,item-knn",
        "evaluate base --test more.csv",
    ):
        done = run(folder, arguments, preexec_fn=small)
        if done.returncode != 0:
            raise Fault(f"cofil {arguments} with little stack: {done.returncode}: {done.stderr}")
    command = [COFIL, "recommend", "base", "--user", "u1", "--where", deep]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, preexec_fn=small)
    if done.returncode not in (1, 2) or "deep" not in done.stderr:
        raise Fault(f"a deep filter with little stack: {done.returncode}: {done.stderr}")
    if list(folder.rglob(".cofil-*")) or (folder / "big").exists():
        raise Fault("files are left after a limit")
    print("limits: file size, memory, open files and stack end with a message or do no harm")


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
            special_places(folder)
            flushed(folder)
            limits(folder)
        except Fault as fault:
            sys.exit(f"fault: {fault}")


if __name__ == "__main__":
    main()
