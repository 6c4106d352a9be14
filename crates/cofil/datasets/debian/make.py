#!/usr/bin/env python3
"""Make links.csv.zst: which Debian source packages depend on which packages.

Reads the Packages index of a release's own archive (component main, amd64) as apt
last fetched it, so run `apt-get update` first. Needs apt and the zstd command.
The same index gives the same CSV, byte for byte.
"""

import argparse
import hashlib
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

APT_HELPER = "/usr/lib/apt/apt-helper"


def main():
    options = parse_arguments()
    version, index = read_index(options.release)
    built, links = read_links(index.decode())
    own = {(source, name) for source, name in links if name in built[source]}
    kept = core(links if options.keep_own else links - own, options.core)
    if not kept:
        sys.exit(f"nothing is left of the {options.core}-core")
    csv = "package,dependency\n" + "".join(f"{source},{name}\n" for source, name in sorted(kept))
    packed = compress(csv.encode())
    options.output.write_bytes(packed)

    print(f"release          {options.release} {version}, main, amd64")
    print(f"index            SHA-256 {sha256(index)}")
    print(f"links in index   {counts(links)}")
    print(f"to own packages  {counts(own)}, {'kept' if options.keep_own else 'dropped'}")
    print(f"{options.core}-core           {counts(kept)}")
    print(f"CSV              {len(csv):,} bytes, SHA-256 {sha256(csv.encode())}")
    print(f"{options.output.name}    {len(packed):,} bytes, SHA-256 {sha256(packed)}")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--release", default="bookworm", metavar="CODENAME",
        help="release that apt's sources name (default: %(default)s)",
    )
    parser.add_argument(
        "--core", type=int, default=5, metavar="N",
        help="fewest links of a package and of a dependency (default: %(default)s)",
    )
    parser.add_argument(
        "--keep-own", action="store_true",
        help="keep dependencies on packages that the same source builds",
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(__file__).with_name("links.csv.zst"),
        metavar="FILE", help="file to write (default: links.csv.zst beside this script)",
    )
    return parser.parse_args()


def read_index(release):
    """Version of the release and bytes of its index, without its security and update suites.

    Those have a label or a codename of their own.
    """
    targets = run(
        "apt-get", "indextargets", "--format", "$(VERSION) $(FILENAME)", "Created-By: Packages",
        "Label: Debian", f"Codename: {release}", "Component: main", "Architecture: amd64",
    ).decode().splitlines()
    if len(targets) != 1:
        sys.exit(
            f"apt knows {len(targets)} indexes of {release}/main for amd64, expected 1: "
            "check apt's sources and run apt-get update"
        )
    version, path = targets[0].split(" ", 1)
    return version, run(APT_HELPER, "cat-file", path)


def read_links(index):
    """Packages that each source builds, and the set of (source, dependency)."""
    built, links = {}, set()
    unfolded = re.sub(r"\n[ \t]", " ", index)
    for stanza in unfolded.strip().split("\n\n"):
        fields = dict(line.split(":", 1) for line in stanza.split("\n"))
        package = fields["Package"].strip()
        source = fields.get("Source", package).split()[0]
        built.setdefault(source, set()).add(package)
        links.update((source, name) for name in dependencies(fields.get("Depends", "")))
    return built, links


def dependencies(depends):
    """Names in a Depends field: the first alternative, without version or architecture.

    >>> dependencies(" libc6 (>= 2.36), python3:any, exim4 | mail-transport-agent")
    ['libc6', 'python3', 'exim4']
    >>> dependencies("")
    []
    """
    return [re.split(r"[\s(:|\[]", part.strip())[0] for part in depends.split(",") if part.strip()]


def core(links, least):
    """Largest part of the links in which every source and every dependency has `least` of them.

    >>> square = {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}
    >>> core(square | {("c", "y"), ("c", "z")}, 2) == square
    True
    """
    while True:
        of_source = Counter(source for source, _ in links)
        of_name = Counter(name for _, name in links)
        kept = {(s, n) for s, n in links if of_source[s] >= least and of_name[n] >= least}
        if len(kept) == len(links):
            return kept
        links = kept


def compress(data):
    # The size goes into the frame header, so readers can allocate once.
    return run("zstd", "-19", "-c", f"--stream-size={len(data)}", stdin=data)


def run(*command, stdin=None):
    try:
        return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout
    except FileNotFoundError:
        sys.exit(f"{command[0]} is not installed")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{command[0]} failed with status {error.returncode}")


def counts(links):
    sources, names = ({link[side] for link in links} for side in (0, 1))
    return f"{len(sources):,} packages x {len(names):,} dependencies, {len(links):,} links"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
