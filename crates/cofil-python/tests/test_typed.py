"""The typed example runs, and the stubs are those of the schemas."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
from conftest import rows

ROOT = pathlib.Path(__file__).resolve().parents[3]


def test_the_example_runs():
    import typed

    assert 0 <= typed.main([row[:3] for row in rows()])["ndcg@5"].value <= 1


def test_the_stubs_are_current():
    command = [sys.executable, ROOT / "scripts/python_stubs.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_stubs_are_those_of_the_module():
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy.stubtest", "cofil._cofil", "cofil.algorithms", "--ignore-disjoint-bases"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
