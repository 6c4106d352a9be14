#!/usr/bin/env python3
"""Makes the peers' virtual environment and says for each peer whether it could be installed.

    python3 crates/cofil-bench/peers/setup.py        # into target/peers, or $COFIL_PEERS

A peer that cannot be installed is reported here and again, as "not installed", in every table.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

from catalog import ENVIRONMENT, JOBS, LIBMF_AVX, PYTHON

HERE = Path(__file__).parent
FOUNDATIONS = ["numpy", "scipy", "pandas", "scikit-learn", "numba", "pyarrow"]
FROM_SOURCE = {"libmf", "cmfrec"}
WITHOUT_DEPENDENCIES = {"libmf", "cmfrec", "recpack"}


def requirements():
    lines = (line.split("#")[0].strip() for line in (HERE / "requirements.txt").read_text().splitlines())
    return {line.split("==")[0]: line for line in lines if line}


def pip(*arguments, env=None):
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
    done = subprocess.run(command, env={**os.environ, **(env or {})}, capture_output=True, text=True)
    return done.returncode == 0, done.stderr.strip()[-600:]


def install(name, pinned):
    options = ["--constraint", str(HERE / "requirements.txt")]
    options += ["--no-binary", name] if name in FROM_SOURCE else ["--only-binary", ":all:"]
    options += ["--no-deps"] if name in WITHOUT_DEPENDENCIES else []
    return pip(*options, pinned)


def install_libmf_avx(pinned):
    """LIBMF once more, built as its own Makefile advises; pip's build uses no SIMD."""
    flags = "-O3 -march=native -DUSEAVX"
    options = ["--no-deps", "--no-cache-dir", "--upgrade", "--no-binary", "libmf", "--target", str(LIBMF_AVX)]
    return pip(*options, pinned, env={"CFLAGS": flags, "CXXFLAGS": flags})


def main():
    if sys.version_info[:2] != (3, 11):
        print(f"note: the versions are pinned for Python 3.11, this is {sys.version.split()[0]}")
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    pinned = requirements()
    order = FOUNDATIONS + [name for name in pinned if name not in FOUNDATIONS]
    results = {name: install(name, pinned[name]) for name in order}
    results["libmf (AVX)"] = install_libmf_avx(pinned["libmf"])
    for name, (installed, message) in results.items():
        print(f"{name:<14} {'installed' if installed else 'NOT INSTALLED'}")
        if not installed:
            print("    " + message.replace("\n", "\n    "))
    for peer in (peer for peers in JOBS.values() for peer in peers.values() if peer.absent):
        print(f"{peer.package:<14} NOT INSTALLED\n    {peer.absent}")
    print(f"environment: {ENVIRONMENT}")


if __name__ == "__main__":
    main()
