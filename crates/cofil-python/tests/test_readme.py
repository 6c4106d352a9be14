"""The snippets of the README run, in their order."""

from __future__ import annotations

import pathlib
import re

README = pathlib.Path(__file__).resolve().parent.parent / "README.md"


def test_the_readme_runs(csv, monkeypatch, capsys):
    monkeypatch.chdir(csv.parent)
    snippets = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(snippets) > 5
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), names)
    told = capsys.readouterr().out
    assert "unknown setting `factor`; did you mean `factors`?" in told
