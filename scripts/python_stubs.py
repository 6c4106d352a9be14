#!/usr/bin/env python3
"""Stubs of the Python package, from the library's schemas: the classes of the algorithms and the keywords of options.

    python scripts/python_stubs.py            # writes them; the package must be installed
    python scripts/python_stubs.py --check    # fails if they are not current
"""

import json
import pathlib
import sys
import textwrap

from cofil import _cofil
from cofil._algorithms import NAMES, by_name

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "crates/cofil-python/python/cofil"
BASIC = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
# Columns may be positions; weights may be a dictionary.
LOOSE = {name: "str | int" for name in ("user", "item", "value", "time", "kind")} | {
    "weights": "dict[str, float]", "missing": "float", "candidates": "Any", "scale": "tuple[float, float]",
}
# What the functions themselves take.
OWN = {"query": {"n", "exclude", "candidates", "filter", "rerank"}, "protocol": {"metrics", "rerank", "candidates", "baselines"}}
HEAD = '# Made by scripts/python_stubs.py from the schemas of the library.\n'


def type_of(schema: dict, defs: dict) -> str:
    """The Python type of a JSON schema."""
    if "$ref" in schema:
        return type_of(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "const" in schema:
        return f"Literal[{json.dumps(schema['const'])}]"
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return union(type_of(one, defs) for one in schema[several])
    kind = schema.get("type")
    if isinstance(kind, list):
        return union(BASIC.get(one, "Any") for one in kind)
    if kind == "array":
        return f"list[{type_of(schema['items'], defs)}]" if isinstance(schema.get("items"), dict) else "list[Any]"
    return "dict[str, Any]" if kind == "object" else BASIC.get(kind, "Any")


def union(types) -> str:
    """A union, with one Literal for all constants."""
    parts, constants = [], []
    for part in types:
        for one in part.split(" | "):
            if one.startswith("Literal["):
                constants.append(one[len("Literal["):-1])
            elif one not in parts:
                parts.append(one)
    if constants:
        parts.insert(0, f"Literal[{', '.join(constants)}]")
    return " | ".join(parts)


def wrapped(text: str, indent: str, hanging: int = 0) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()), 118, initial_indent=indent, subsequent_indent=indent + " " * hanging
    )


def algorithms() -> str:
    lines = [HEAD, "from typing import Any, Literal\n", "from cofil._algorithms import Algorithm as Algorithm\n"]
    lines += ["__all__ = [", '    "Algorithm",', *(f"    {json.dumps(name)}," for name in NAMES), "]\n"]
    for name in NAMES.values():
        made, about = by_name(name), _cofil.algorithm(name)
        defs = about["schema"].get("$defs", {})
        lines.append(f"class {made.__name__}(Algorithm):")
        doc = textwrap.indent(made.__doc__ or "", "    ").strip().splitlines()
        lines.append('    """' + doc[0])
        for line in doc[1:]:
            indent = line[: len(line) - len(line.lstrip())]
            lines += wrapped(line, indent, 4) if line.strip() else [""]
        lines.append('    """\n')
        types = {
            setting: type_of(about["schema"]["properties"][setting], defs) for setting in made._defaults
        }
        lines.append("    def __init__(\n        self,\n        *,")
        for setting, default in made._defaults.items():
            kind = types[setting]
            if default is None and "None" not in kind:
                kind += " | None"
            lines.append(f"        {setting}: {kind} = {json.dumps(default) if isinstance(default, str) else repr(default)},")
        lines.append("        seed: int = 0,\n    ) -> None: ...")
        lines += [f"    {setting}: {kind}" for setting, kind in types.items()]
        lines.append("")
    return "\n".join(lines)


def options() -> str:
    schemas = _cofil.schemas()
    lines = [
        HEAD, '"""Keywords of options."""\n', "from __future__ import annotations\n",
        "from typing import Any, Literal, TypedDict\n",
    ]
    for title, says, parts in (
        ("ReadOptions", "How to read and clean a table.", ("read", "clean")),
        ("QueryOptions", "Which items are recommended, and in which order.", ("query", "rerank")),
        ("ProtocolOptions", "How to evaluate.", ("protocol", "rerank")),
        ("ImportOptions", "What the file of an imported model does not say.", ("import",)),
    ):
        lines.append(f'\nclass {title}(TypedDict, total=False):\n    """{says}"""\n')
        seen = set()
        for part in parts:
            schema = schemas[part]
            for name, about in schema["properties"].items():
                if name in seen or name in OWN.get(part, ()):
                    continue
                seen.add(name)
                kind = LOOSE.get(name) if part in ("read", "import") else None
                kind = kind or type_of(about, schema.get("$defs", {}))
                lines.append(f"    {name}: {kind if 'None' in kind else kind + ' | None'}")
                lines += ['    """' + line.strip() if at == 0 else line for at, line in
                          enumerate(wrapped(about.get("description", "") + '"""', "    "))]
        extra = {
            "ReadOptions": ("as_weights", "bool", "Whether algorithms that rank use the values as weights unchanged."),
            "ProtocolOptions": ("sampled", "int | None", "Rank test items among this many sampled ones, not all."),
        }.get(title)
        if extra:
            lines.append(f'    {extra[0]}: {extra[1]}\n    """{extra[2]}"""')
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    made = {"algorithms.pyi": algorithms(), "_options.py": options()}
    if "--check" not in sys.argv:
        for name, text in made.items():
            (PACKAGE / name).write_text(text)
        return 0
    stale = [name for name, text in made.items() if (PACKAGE / name).read_text() != text]
    if stale:
        print(f"{', '.join(stale)}: not current; run scripts/python_stubs.py", file=sys.stderr)
    return len(stale)


if __name__ == "__main__":
    sys.exit(main())
