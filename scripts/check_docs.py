#!/usr/bin/env python3
"""Runs every `sh` block of the documentation and checks its links.

The blocks of a page run in order, each with `bash -e`, in a scratch folder with a link to `datasets`, and with the
freshly built `cofil` first on the PATH. Blocks that call cargo run in the checkout. Blocks fenced as `text` are output or
illustration and are not run. Pages are independent of each other; as many run at once as there are cores.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")

# The pages that take longest start first.
LONGEST = ("README.md", "docs/tuning.md", "docs/tutorials.md", "docs/serving.md")


def run_blocks(page: pathlib.Path, environment: dict) -> tuple[int, str]:
    """Runs the blocks of a page; returns the number of failures and the lines to print."""
    failed, lines = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        (pathlib.Path(scratch) / "datasets").symlink_to(ROOT / "datasets")
        for language, block in FENCE.findall(page.read_text()):
            if language != "sh":
                continue
            folder = ROOT if re.search(r"^cargo ", block, re.M) else scratch
            start = time.monotonic()
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                cwd=folder, env=environment, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            first = block.strip().splitlines()[0]
            verdict = "ok" if done.returncode == 0 else "FAILED"
            seconds = time.monotonic() - start
            lines.append(f"{verdict:6} {seconds:5.1f} s  {page.relative_to(ROOT)}: {first}\n")
            if done.returncode != 0:
                lines.append(block + done.stdout[-3000:] + "\n")
                failed += 1
    return failed, "".join(lines)


def dead_links(page: pathlib.Path) -> int:
    """Prints broken relative links; returns their number."""
    text = FENCE.sub("", page.read_text())
    dead = [link for link in LINK.findall(text)
            if "://" not in link and not (page.parent / link).exists()]
    for link in dead:
        print(f"FAILED {page.relative_to(ROOT)}: no such file: {link}")
    return len(dead)


def main() -> int:
    environment = dict(os.environ)
    environment["PATH"] = f"{TARGET / 'release'}:{environment['PATH']}"
    pages = sorted(set(ROOT.glob("*.md")) | set(ROOT.glob("docs/*.md"))
                   | set(ROOT.glob("datasets/*/*.md")) | set(ROOT.glob("crates/*/*.md")))
    failed = sum(dead_links(page) for page in pages)
    first = [ROOT / name for name in LONGEST]
    runnable = [page for page in pages if page.parent in (ROOT, ROOT / "docs") and page not in first]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(run_blocks, page, environment) for page in first + runnable]
        for done in concurrent.futures.as_completed(running):
            count, text = done.result()
            print(text, end="", flush=True)
            failed += count
    print(f"{len(pages)} pages, {failed} failures")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
