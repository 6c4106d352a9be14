#!/usr/bin/env python3
"""Creates the peers' virtual environments and reports for each package whether it could be installed.

    python3 crates/cofil-bench/peers/setup.py                  # all, into target/peers, or $COFIL_PEERS
    python3 crates/cofil-bench/peers/setup.py torch            # one of: common, torch, recbole

A peer that cannot be installed is reported here, and as "not installed" in every table.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

from catalog import ENVIRONMENT, ENVIRONMENTS, LIBMF_AVX, ROOT, home, python

HERE = Path(__file__).parent
WHEELS = ROOT / "target" / "wheels"
# Installed first in each environment, so that the other packages are built with these versions.
FOUNDATIONS = ["numpy", "scipy", "pandas", "scikit-learn", "numba", "pyarrow", "torch"]
FROM_SOURCE = {"libmf", "cmfrec", "lightfm-next", "pyspark", "scikit-surprise"}
WITHOUT_DEPENDENCIES = {"libmf", "cmfrec", "recpack", "rusket", "kindling-rec"}


def requirements_file(environment):
    return HERE / "requirements" / f"{environment or 'common'}.txt"


def requirements(environment):
    lines = (line.split("#")[0].strip() for line in requirements_file(environment).read_text().splitlines())
    return {line.split("==")[0]: line for line in lines if line}


def pip(environment, *arguments, env=None):
    command = [python(environment), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
    done = subprocess.run(command, env={**os.environ, **(env or {})}, capture_output=True, text=True)
    return done.returncode == 0, done.stderr.strip()[-600:]


def install(environment, name, pinned):
    options = ["--constraint", str(requirements_file(environment))]
    if name in FROM_SOURCE:
        options += ["--no-binary", name]
    elif not environment:
        options += ["--only-binary", ":all:"]
    options += ["--no-deps"] if name in WITHOUT_DEPENDENCIES else []
    return pip(environment, *options, pinned)


def install_libmf_avx(pinned):
    """Builds LIBMF again as its own Makefile recommends; pip's build uses no SIMD."""
    flags = "-O3 -march=native -DUSEAVX"
    options = ["--no-deps", "--no-cache-dir", "--upgrade", "--no-binary", "libmf", "--target", str(LIBMF_AVX)]
    return pip("", *options, pinned, env={"CFLAGS": flags, "CXXFLAGS": flags})


def fill(environment):
    if not python(environment).exists():
        venv.create(home(environment), with_pip=True)
    pinned = requirements(environment)
    order = [name for name in FOUNDATIONS if name in pinned] + [name for name in pinned if name not in FOUNDATIONS]
    for name in order:
        report(name, *install(environment, name, pinned[name]))
    if not environment:
        report("libmf (AVX)", *install_libmf_avx(pinned["libmf"]))
        # Built by `./check python`; only the experiments in Python need it.
        for wheel in WHEELS.glob("cofil-*.whl"):
            report("cofil", *pip("", "--force-reinstall", "--no-deps", str(wheel)))
    print(f"environment: {home(environment)}\n")


def report(name, installed, message):
    print(f"{name:<14} {'installed' if installed else 'NOT INSTALLED'}", flush=True)
    if not installed:
        print("    " + message.replace("\n", "\n    "))


def main():
    if sys.version_info[:2] != (3, 11):
        print(f"note: the versions are pinned for Python 3.11, this is {sys.version.split()[0]}")
    names = {environment or "common": environment for environment in ENVIRONMENTS}
    wanted = sys.argv[1:] or list(names)
    if unknown := [name for name in wanted if name not in names]:
        sys.exit(f"no environment {', '.join(unknown)}; there are {', '.join(names)}")
    ENVIRONMENT.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        fill(names[name])


if __name__ == "__main__":
    main()
