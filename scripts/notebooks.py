#!/usr/bin/env python3
"""Runs the notebooks of docs/notebooks; the package, nbclient and ipykernel must be installed.

    python scripts/notebooks.py            # writes their outputs
    python scripts/notebooks.py --check    # fails if an output is not the committed one
"""

import pathlib
import sys
import tempfile

import nbformat
from nbclient import NotebookClient

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "docs/notebooks"


def run(path: pathlib.Path):
    """The notebook with the outputs of this run."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as scratch:
        NotebookClient(notebook, timeout=300, coalesce_streams=True, resources={"metadata": {"path": scratch}}).execute()
    for cell in notebook.cells:
        cell.metadata = {}
    # What depends on the machine and not on the cells.
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return notebook


def main() -> int:
    failed = 0
    for path in sorted(FOLDER.glob("*.ipynb")):
        text = nbformat.writes(run(path)) + "\n"
        if "--check" not in sys.argv:
            path.write_text(text)
        elif path.read_text() != text:
            failed = 1
            print(f"{path.name}: other outputs than the committed ones; run scripts/notebooks.py", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
