#!/usr/bin/env python3
"""Writes the licences that wheels carry: cofil's own, and those of all that is linked into the extension.

    python3 scripts/licences.py            # writes them into crates/cofil-python
    python3 scripts/licences.py --check    # fails if they are not current

The texts are the files in the packages of the crates. Where a crate offers the MIT licence among others, that is the
one taken.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "crates/cofil-python"
OWN = ["LICENSE-MIT", "LICENSE-APACHE"]
# What crates bring along that is not Rust, and what is not a crate.
INSIDE = {"zstd-sys": ["zstd/LICENSE"]}
FONTS = ("DejaVu Sans, fonts of figures", ROOT / "crates/cofil/assets/README.md")
# What wheels are made for.
PLATFORMS = [
    "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin", "aarch64-apple-darwin", "x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc",
]
LEGAL = re.compile(r"(?i)(un)?licen[sc]e|copying|copyright|notice")
OTHERS = re.compile(r"(?i)apache|zlib|unlicense|bsl|boost|0bsd|cc0|mit0|llvm")
LINE = "-" * 100


def linked() -> list[dict]:
    """The packages of the registry that end up in the extension."""
    command = ["cargo", "metadata", "--format-version=1", "--locked"]
    command += [f"--filter-platform={platform}" for platform in PLATFORMS]
    about = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in about["packages"]}
    needs = {node["id"]: node["deps"] for node in about["resolve"]["nodes"]}
    found, left = set(), [one for one, package in packages.items() if package["name"] == "cofil-python"]
    while left:
        one = left.pop()
        # What runs at build time only is not linked.
        if one in found or any("proc-macro" in target["kind"] for target in packages[one]["targets"]):
            continue
        found.add(one)
        left += [need["pkg"] for need in needs[one] if any(kind["kind"] is None for kind in need["dep_kinds"])]
    return sorted((packages[one] for one in found if packages[one]["source"]), key=lambda of: (of["name"], of["version"]))


def files(package: dict) -> list[pathlib.Path]:
    """The legal files of a package, without the licences that need not be taken."""
    folder = pathlib.Path(package["manifest_path"]).parent
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and LEGAL.match(path.name)]
    if offered(package)[0] == "MIT" and any("MIT" in path.name for path in found):
        found = [path for path in found if not OTHERS.search(path.name)]
    return found + [folder / name for name in INSIDE.get(package["name"], [])]


def offered(package: dict) -> list[str]:
    """The licences to choose from, the one that is taken first."""
    return sorted(re.split(r" OR |/", package["license"]), key=lambda licence: licence != "MIT")


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def third_party() -> str:
    packages = linked()
    texts: dict[str, tuple[str, list[str]]] = {}
    by_licence: dict[str, list[tuple[dict, str]]] = {}
    without = []
    for package in packages:
        found = [path.read_text(errors="replace") for path in files(package)]
        for text in found:
            texts.setdefault(plain(text), (text, []))[1].append(title(package))
        if found:
            by_licence.setdefault(offered(package)[0], []).append((package, found[0]))
        else:
            without.append(package)
    # A package without a file has the text of another under the same licence, of the same authors if there is one.
    for package in without:
        others = next(by_licence[licence] for licence in offered(package) if licence in by_licence)
        same = [text for other, text in others if set(other["authors"]) & set(package["authors"])]
        # Else one that names no holder of rights.
        nobody = [text for _, text in others if not re.search(r"(?i)copyright \(c\)|copyright \d", text[:500])]
        text = [*same, *nobody, *(text for _, text in others)][0]
        texts.setdefault(plain(text), (text, []))[1].append(f"{title(package)}, which states it without a file")
    texts[plain(FONTS[1].read_text())] = (FONTS[1].read_text(), [FONTS[0]])
    parts = [
        "The extension of the Python package cofil contains what is listed here, under these licences. Made by\n"
        "scripts/licences.py.\n"
    ]
    for text, owners in texts.values():
        parts.append("\n".join(["", LINE, *dict.fromkeys(owners), LINE, "", *map(str.rstrip, text.strip().splitlines()), ""]))
    return "".join(parts)


def title(package: dict) -> str:
    return f"{package['name']} {package['version']} ({package['license']})"


def main() -> None:
    wanted = {name: (ROOT / name).read_text() for name in OWN} | {"THIRD-PARTY.txt": third_party()}
    stale = [name for name, text in wanted.items() if not (PACKAGE / name).exists() or (PACKAGE / name).read_text() != text]
    if sys.argv[1:] == ["--check"]:
        if stale:
            sys.exit(f"{', '.join(stale)} of crates/cofil-python: run scripts/licences.py")
        return
    for name in stale:
        (PACKAGE / name).write_text(wanted[name])
        print(f"wrote {PACKAGE / name}")


if __name__ == "__main__":
    main()
