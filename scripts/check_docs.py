#!/usr/bin/env python3
"""Runs what the documentation shows, and checks its links.

    python3 scripts/check_docs.py            # `sh` and `rust` blocks, figures and links; needs a release build
    python scripts/check_docs.py python      # `python` blocks; needs the package
    python scripts/check_docs.py python docs/migration/lenskit.md   # those of some pages
    COFIL_UPDATE=1 python3 scripts/check_docs.py   # writes the figures again

The blocks of a page run in order in a scratch folder with a link to `datasets` and, where a page names it, a table
`ratings.csv` (MovieLens-100K of COFIL_DATA). `sh` blocks run each with `bash -e`, with the freshly built `cofil` first on
the PATH; those that call cargo run in the checkout. The `python` blocks of a page are one program, and so are its `rust`
blocks, unless one has a `main` of its own.

A `text` block that follows code directly has lines of its output, in their order; times and memory may differ, and a line that ends with … is the beginning of one. If the
code is there in several languages, the output is that of the first. Other `text` blocks are not checked. An SVG figure
that the commands of a page write must equal the committed one of the same name. Pages are independent of each other; as
many run at once as there are cores. A migration guide whose library is not installed is skipped unless it is named.
"""

import concurrent.futures
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
DATA = pathlib.Path(os.environ.get("COFIL_DATA", ROOT / "../shared/data")).resolve()
LANGUAGES = ("sh", "python", "rust")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\n?", re.M | re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FIGURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+\.svg)\)")
MEASURED = re.compile(r"(< )?(\d+ min )?\d[\d,.]* (s|ms|min|MB|examples/s)\b|  +")
NEXT = "=== the next block ==="

# What the migration guides import.
PEERS = {
    "implicit": "implicit", "surprise": "surprise", "lightfm": "lightfm", "lenskit": "lenskit", "recbole": "recbole",
    "spark": "pyspark",
}

# The pages that take longest start first.
LONGEST = ("README.md", "docs/tuning.md", "docs/tutorials/neural.md", "docs/serving.md")


class Block:
    """A block of code, and the output that the page shows for it."""

    def __init__(self, language: str, code: str) -> None:
        self.language, self.code, self.output = language, code, None


def blocks(page: pathlib.Path) -> list[Block]:
    text, found, step, last = page.read_text(), [], [], 0
    for fence in FENCE.finditer(text):
        language, code = fence.groups()
        if text[last:fence.start()].strip() or language in [block.language for block in step]:
            step = []
        last = fence.end()
        if language in LANGUAGES:
            step.append(Block(language, code))
            found.append(step[-1])
        elif language == "text" and step:
            first = min(step, key=lambda block: LANGUAGES.index(block.language))
            first.output, step = code, []
    return found


def missing(block: Block, output: str) -> str:
    """The first line that a page shows and the code does not print; empty if there is none."""
    printed = iter(map(bare, output.splitlines()))
    lines = [line for line in (block.output or "").splitlines() if line.strip() not in ("", "…")]
    return next((line for line in lines if not any(shows(bare(line), one) for one in printed)), "")


def shows(line: str, printed: str) -> bool:
    return printed.startswith(line[:-1].strip()) if line.endswith("…") else printed == line


def bare(line: str) -> str:
    """A line without what differs from run to run."""
    return MEASURED.sub(" ", line.strip())


class Page:
    """A page, and what came of running it."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path, self.name = path, str(path.relative_to(ROOT))
        self.blocks, self.failed, self.lines = blocks(path), 0, []

    def run(self, languages: list[str]) -> "Page":
        if any(block.language in languages for block in self.blocks):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                (folder / "datasets").symlink_to(ROOT / "datasets")
                if "ratings.csv" in self.path.read_text():
                    rows = (DATA / "ml-100k/u.data").read_text().replace("\t", ",")
                    (folder / "ratings.csv").write_text("user,item,rating,time\n" + rows)
                for language in languages:
                    {"sh": self.shell, "python": self.python, "rust": self.rust}[language](folder)
        return self

    def of(self, language: str) -> list[Block]:
        return [block for block in self.blocks if block.language == language]

    def shell(self, folder: pathlib.Path) -> None:
        for block in self.of("sh"):
            where = ROOT if re.search(r"^cargo ", block.code, re.M) else folder
            self.check([block], *self.call(["bash", "-euo", "pipefail", "-c", block.code], where))
        self.figures(folder)

    def python(self, folder: pathlib.Path) -> None:
        parts = self.of("python")
        if parts:
            program = f"\nprint({NEXT!r}, flush=True)\n".join(block.code for block in parts)
            # Warnings of other libraries are theirs.
            strict = [] if self.path.parent.name == "migration" else ["-W", "error"]
            self.check(parts, *self.call([sys.executable, *strict, "-c", program], folder))

    def rust(self, folder: pathlib.Path) -> None:
        parts = self.of("rust")
        whole = [block for block in parts if "fn main()" in block.code]
        steps = [block for block in parts if block not in whole]
        for some in [[block] for block in whole] + ([steps] if steps else []):
            program = f'\nprintln!("{NEXT}");\n'.join(block.code for block in some)
            if some is steps:
                program = f"fn main() -> cofil::Result<()> {{\n{program}\nOk(())\n}}"
            (folder / "page.rs").write_text(program)
            library = f"cofil={TARGET / 'release/libcofil.rlib'}"
            compiled = f"rustc --edition 2024 -L {TARGET / 'release/deps'} --extern {library} page.rs && ./page"
            command = ["bash", "-euc", compiled]
            self.check(some, *self.call(command, folder))

    def call(self, command: list, folder: pathlib.Path) -> tuple[bool, str, float]:
        environment = {**os.environ, "PATH": f"{TARGET / 'release'}:{os.environ['PATH']}", "COFIL_DATA": str(DATA)}
        start = time.monotonic()
        done = subprocess.run(
            command, cwd=folder, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        return done.returncode == 0, done.stdout, time.monotonic() - start

    def check(self, parts: list[Block], passed: bool, output: str, seconds: float) -> None:
        """Notes whether blocks that ran as one passed, and printed what the page says."""
        outputs = output.split(NEXT + "\n") if len(parts) > 1 else [output]
        absent = [line for block, printed in zip(parts, outputs) if (line := missing(block, printed))] if passed else []
        first = parts[0].code.strip().splitlines()[0]
        verdict = "ok" if passed and not absent else "FAILED"
        self.lines.append(f"{verdict:6} {seconds:5.1f} s  {self.name}: {first}\n")
        if verdict == "FAILED":
            self.failed += 1
            self.lines += [f"not printed: {line}\n" for line in absent]
            self.lines.append("\n".join(block.code for block in parts) + output[-3000:] + "\n")

    def figures(self, folder: pathlib.Path) -> None:
        """The committed figures are those that the commands of the page write."""
        for link in FIGURE.findall(self.path.read_text()):
            made, kept = folder / pathlib.Path(link).name, (self.path.parent / link).resolve()
            if not made.exists():
                # The pictures of the README are made by scripts/images.sh.
                self.fail(f"no command writes {link}", self.path.parent != ROOT)
            elif os.environ.get("COFIL_UPDATE"):
                kept.parent.mkdir(exist_ok=True)
                kept.write_bytes(made.read_bytes())
            else:
                same = kept.exists() and kept.read_bytes() == made.read_bytes()
                self.fail(f"{link} is not what its command writes; run with COFIL_UPDATE=1", not same)

    def fail(self, why: str, holds: bool) -> None:
        if holds:
            self.failed += 1
            self.lines.append(f"FAILED {self.name}: {why}\n")


def dead_links(page: pathlib.Path) -> int:
    """Prints broken relative links; returns their number."""
    text = FENCE.sub("", page.read_text())
    dead = [link for link in LINK.findall(text)
            if "://" not in link and not (page.parent / link).exists()]
    for link in dead:
        print(f"FAILED {page.relative_to(ROOT)}: no such file: {link}")
    return len(dead)


def not_installed(page: pathlib.Path) -> str | None:
    """The library that a migration guide needs and this Python does not have."""
    peer = PEERS[page.stem] if page.parent.name == "migration" else None
    return peer if peer and not importlib.util.find_spec(peer) else None


def main() -> int:
    languages = [argument for argument in sys.argv[1:] if argument in LANGUAGES] or ["sh", "rust"]
    named = [pathlib.Path(argument).resolve() for argument in sys.argv[1:] if argument not in LANGUAGES]
    linking = sorted({page for pattern in ("*.md", "docs/**/*.md", "datasets/*/*.md", "crates/*/*.md") for page in ROOT.glob(pattern)})
    failed = sum(dead_links(page) for page in linking)
    pages = [Page(page) for page in named or linking if page.parent == ROOT or ROOT / "docs" in page.parents]
    if "python" in languages and not named:
        for page in [page for page in pages if not_installed(page.path)]:
            print(f"skipped {page.name}: {PEERS[page.path.stem]} is not installed")
            pages.remove(page)
    pages.sort(key=lambda page: page.name not in LONGEST)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in concurrent.futures.as_completed([pool.submit(page.run, languages) for page in pages]):
            page = done.result()
            print("".join(page.lines), end="", flush=True)
            failed += page.failed
    print(f"{len(linking)} pages, {failed} failures")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
