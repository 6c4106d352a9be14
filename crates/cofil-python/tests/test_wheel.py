"""The wheel: what it carries. `./check python` builds it."""

from __future__ import annotations

import pathlib
import re
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def wheel() -> zipfile.ZipFile:
    (path,) = (ROOT / "target/wheels").glob("cofil-*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_has_the_licences_of_what_it_is_made_of(wheel):
    licences = {pathlib.PurePath(name).name: name for name in wheel.namelist() if ".dist-info/licenses/" in name}
    for own in ("LICENSE-MIT", "LICENSE-APACHE"):
        assert wheel.read(licences[own]) == (ROOT / own).read_bytes()
    third = wheel.read(licences["THIRD-PARTY.txt"]).decode()
    crates = set(re.findall(r"^(\S+) \d+\.\S+ \(", third, re.MULTILINE))
    assert {"pyo3", "numpy", "arrow-array", "rayon", "faer", "zstd-sys"} <= crates and len(crates) > 150
    assert "DejaVu" in third and "Apache License" in third and "Permission is hereby granted" in third


def test_the_wheel_has_no_more_than_the_package(wheel):
    (info,) = {name.split("/")[0] for name in wheel.namelist()} - {"cofil"}
    assert info.endswith(".dist-info")
    metadata = wheel.read(f"{info}/METADATA").decode()
    assert "Requires-Dist: numpy>=1.23" in metadata and metadata.count("Requires-Dist") == 1
    assert "License-Expression: MIT OR Apache-2.0" in metadata and "cofil/_cofil.abi3.so" in wheel.namelist()
