#!/usr/bin/env python3
"""Writes the pages of docs/ that follow from the code: algorithms, command line, Python.

    python3 scripts/pages.py            # writes them; needs `cofil`, in target/release or on the PATH
    python3 scripts/pages.py --check    # fails if they are not current

A page of an algorithm joins the documentation of its module (crates/cofil/src/recipes) and the schema of its settings.
"""

import ast
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
RECIPES = ROOT / "crates/cofil/src/recipes"
PACKAGE = ROOT / "crates/cofil-python/python/cofil"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
COFIL = shutil.which("cofil", path=f"{TARGET / 'release'}:{os.environ['PATH']}") or "cofil"
MADE = "<!-- Made by scripts/pages.py. -->"
# The module of an algorithm, unless it has the algorithm's name.
MODULES = {
    "als": "als/mod", "ials": "als/mod", "autorec-item": "autorec/mod", "autorec-user": "autorec/mod",
    "biased-mf": "biased_mf/mod", "blend": "blend/mod", "gmf": "neumf/mod", "mlp": "neumf/mod", "neumf": "neumf/mod",
    "p3alpha": "walk", "rp3beta": "walk", "slim": "slim/mod",
}


def cofil(*arguments: str) -> str:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run([COFIL, *arguments], env=environment, text=True, check=True, stdout=subprocess.PIPE).stdout


# === Algorithms ===

def algorithms() -> dict[str, str]:
    listed = json.loads(cofil("algorithms", "--json"))
    names = [one["name"] for one in listed]
    pages = {f"algorithms/{one['name']}.md": algorithm(one, names) for one in listed}
    return {"algorithms/index.md": overview(listed), **pages}


def overview(listed: list[dict]) -> str:
    tables = []
    for target, title in (("preference", "Ranking items"), ("rating", "Predicting values")):
        rows = [[f"[`{one['name']}`]({one['name']}.md)", one["summary"]] for one in listed if one["target"] == target]
        tables.append(f"## {title}\n\n{table(['algorithm', 'what it is'], rows)}")
    return "\n\n".join([
        "# Algorithms", MADE,
        "Each page has the model, its loss and the paper it is from, when to use it, its settings, and commands to try. "
        "`cofil algorithms` prints the same. The numbers of all of them on one data set are in the table of the "
        "[README](../../README.md#algorithms); [tuning.md](../tuning.md) says how to choose between them on yours.",
        *tables,
        "Some of the second kind rank as well: their pages say with which setting.",
    ]) + "\n"


def algorithm(one: dict, names: list[str]) -> str:
    name = one["name"]
    schema = json.loads(cofil("algorithms", name, "--json"))
    model, use = module(name, names)
    parts = [f"# `{name}`", MADE, one["summary"], "## Model", model, "## When to use it", use]
    rows = [setting(key, about, schema["$defs"]) for key, about in settings(schema)]
    parts += ["## Settings", table(["setting", "default", "meaning"], rows) if rows else "None."]
    searched = [[f"`{key}`", tried(about["tune"])] for key, about in settings(schema) if "tune" in about]
    if searched:
        parts += [f"Default search ranges of `cofil tune -a {name}`:", table(["setting", "range"], searched)]
    parts += ["## Try it", example(one)]
    return "\n\n".join(parts) + "\n"


def module(name: str, names: list[str]) -> tuple[str, str]:
    """What the documentation of the module says about the model, and about when to use it."""
    path = RECIPES / f"{MODULES.get(name, name.replace('-', '_'))}.rs"
    lines = re.findall(r"^//!(?: (.*))?$", path.read_text(), re.M)
    others = tuple(f"`{other}`" for other in names if other != name)
    only = tuple(f"{other}:" for other in others)
    paragraphs = [
        part for part in "\n".join(lines).split("\n\n")
        if not part.startswith(only) and (f"`{name}`" in part or not part.startswith(others))
    ]
    text = re.sub(r"\[(`[^`\]]+`)\](?:\([^)]*\))?", r"\1", "\n\n".join(paragraphs))
    model, mark, use = text.partition("# When to use\n\n")
    if not mark:
        sys.exit(f"{path}: the documentation of the module lacks `# When to use`")
    use = use.removeprefix(f"`{name}`: ").strip()
    return typeset(model.strip()), use[0].upper() + use[1:]


def typeset(text: str) -> str:
    """Formulas of the documentation with indices and exponents that Markdown shows: p_u, n^ν, Σ_{j in history}."""
    parts = text.split("`")
    for at in range(0, len(parts), 2):
        part = re.sub(r"(?<![A-Za-z])([^\s_(][′\u0302]?)_(?:\{([^}]*)\}|([A-Za-z]+|\d+))", r"\1<sub>\2\3</sub>", parts[at])
        parts[at] = re.sub(r"\^(−?[\w½.]*[\w½])", r"<sup>\1</sup>", part)
    return "`".join(parts)


def settings(schema: dict) -> list[tuple[str, dict]]:
    first = ["factors", "epochs", "reg", "learning_rate"]
    found = [(name, about) for name, about in schema["properties"].items() if name != "algorithm"]
    return sorted(found, key=lambda one: first.index(one[0]) if one[0] in first else len(first))


def setting(name: str, about: dict, defs: dict) -> list[str]:
    default = about.get("default")
    says = " ".join(about.get("description", "").split())
    says += "".join(f"<br>`{value}`: {what}" for value, what in values(about, defs))
    if "default_for_data" in about:
        says += f"<br>*Default from the data:* {about['default_for_data']}."
    return [f"`{name}`", "not set" if default is None else f"`{plain(default)}`", typeset(says).replace("|", "\\|")]


def values(about: dict, defs: dict) -> list[tuple[str, str]]:
    """The values of a setting that has names for them, with what they mean."""
    if "$ref" in about:
        about = defs[about["$ref"].rsplit("/", 1)[1]]
    one_of = [one for one in about.get("oneOf", []) if "const" in one]
    return [(one["const"], " ".join(one.get("description", "").split())) for one in one_of]


def tried(tune: dict) -> str:
    (kind, about), = tune.items()
    if kind == "choice":
        return ", ".join(f"`{plain(value)}`" for value in about)
    scale = ", on a logarithmic scale" if about["log"] else ""
    return f"{plain(about['low'])} to {plain(about['high'])}{scale}"


def plain(value) -> str:
    """A value as `--set` takes it."""
    if isinstance(value, list):
        return "[" + ",".join(map(plain, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def example(one: dict) -> str:
    name, ranks = one["name"], one["target"] == "preference"
    made = "".join(part.capitalize() for part in name.split("-"))
    # All epochs of a network take long.
    few, epochs = (" --set epochs=5", "epochs=5") if name in ("gmf", "mlp", "neumf") else ("", "")
    if ranks:
        return (
            "On the bundled sample, for a new user:\n\n"
            f"```sh\ncofil train datasets/debian/links.csv.zst -a {name}{few} -o {name}.cofil\n"
            f"cofil recommend {name}.cofil --history python3-numpy,python3-pandas -n 3\n```\n\n"
            f"```python\nimport cofil\n\nmodel = cofil.{made}({epochs}).fit(cofil.sample())\n"
            'print(model.recommend(history=["python3-numpy", "python3-pandas"], n=3))\n```'
        )
    to_rank = " ".join(f"--set {key}={plain(value)}" for key, value in one["to_rank"].items())
    text = (
        "With `ratings.csv`, a table of users, items and ratings:\n\n"
        f"```sh\ncofil compare ratings.csv -a baseline,{name} --metric rmse,mae\n```\n\n" if name != "baseline" else
        "With `ratings.csv`, a table of users, items and ratings:\n\n"
        "```sh\ncofil compare ratings.csv -a baseline --metric rmse,mae\n```\n\n"
    )
    text += (
        f'```python\nimport cofil\n\ntrain, test = cofil.read("ratings.csv").split(by="random", test=0.1, seed=1)\n'
        f'print(cofil.{made}().fit(train).evaluate(test, metrics="rmse"))\n```'
    )
    return text + (f"\n\nIt ranks with `{to_rank}`." if to_rank else "")


# === Command line ===

def command_line() -> dict[str, str]:
    parts = [
        "# Command line", MADE,
        "What `cofil COMMAND --help` prints. The documents of `--json` are on [their own page](../json.md).",
        f"```text\n{cofil('--help').strip()}\n```",
    ]
    commands = re.findall(r"^  (\w+) +\S", cofil("--help").split("Commands:")[1].split("Options:")[0], re.M)
    for command in commands:
        if command == "help":
            continue
        help = cofil(command, "--help").strip()
        parts += [f"## `cofil {command}`", f"```text\n{help}\n```"]
        if "\nCommands:" in help:
            for sub in re.findall(r"^  (\w+) +\S", help.split("Commands:")[1].split("Options:")[0], re.M):
                if sub != "help":
                    parts += [f"### `cofil {command} {sub}`", f"```text\n{cofil(command, sub, '--help').strip()}\n```"]
    return {"reference/cli.md": "\n\n".join(parts) + "\n"}


# === Python ===

def python() -> dict[str, str]:
    """The public names of the package, with their signatures and docstrings."""
    made = {node.asname or node.name: node.module for node in imports(PACKAGE / "__init__.py")}
    known = {name: definitions(module)[name] for name, module in made.items() if name in definitions(module)}
    groups = {
        "Data": ["read", "Ratings", "Split", "sample"],
        "Training": ["fit", "Algorithm", "compare", "tune", "experiments", "reproduce"],
        "Models": ["load", "Model", "import_model"],
        "Results": ["Table", "Recommendations", "Predictions", "Explanation", "Interview", "Report", "Measure", "Board",
                    "Study", "Description", "Reproduction"],
        "Threads": ["threads", "set_threads"],
        "Errors and warnings": [name for name in made if name.endswith(("Error", "Warning"))],
    }
    missing = set(made) - {name for names in groups.values() for name in names} - {"algorithms", "__version__"}
    if missing:
        sys.exit(f"scripts/pages.py: no group for {', '.join(sorted(missing))}")
    known |= definitions("cofil._algorithms")
    parts = [
        "# Python", MADE, "The public names of the package `cofil`. The [README of the package]"
        "(../../crates/cofil-python/README.md) shows how they go together. `help(cofil.Ials)` prints what is here.",
    ]
    for group, names in groups.items():
        parts.append(f"## {group}")
        parts += [entry(name, known[name]) for name in names if name in known]
    listed = json.loads(cofil("algorithms", "--json"))
    rows = [[f"`{''.join(part.capitalize() for part in one['name'].split('-'))}`",
             f"[{one['name']}](../algorithms/{one['name']}.md)", one["summary"]] for one in listed]
    parts += ["## Algorithms", "Classes with the settings of the algorithm as keywords, and `seed`. All have the methods of "
              "[`Algorithm`](#algorithm).", table(["class", "settings", "what it is"], rows)]
    parts += ["## Figures", "Functions of `cofil.plot`."]
    parts += [entry(name, found) for name, found in definitions("cofil.plot").items()]
    parts += ["## Options", "Keywords that several functions take."]
    parts += [entry(name, found) for name, found in definitions("cofil._options").items()]
    return {"reference/python.md": "\n\n".join(parts) + "\n"}


def imports(path: pathlib.Path) -> list:
    found = []
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module.startswith("cofil."):
            for name in node.names:
                name.module = node.module
                found.append(name)
    return found


def definitions(module: str) -> dict:
    """The classes and functions of a module; the extension's from its stub."""
    path = PACKAGE / f"{module.removeprefix('cofil.')}.py"
    tree = ast.parse((path if path.exists() else path.with_suffix(".pyi")).read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    nodes = [node for node in tree.body if node in nodes] + [
        node for branch in tree.body if isinstance(branch, ast.If) for node in branch.body + branch.orelse if node in nodes
    ]
    return {node.name: node for node in nodes}


def entry(name: str, node) -> str:
    if isinstance(node, ast.FunctionDef):
        return f"### `{name}`\n\n{signature(name, node)}{documentation(node)}"
    parts = [f"### `{name}`"]
    makes = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    if makes and makes.args.kwonlyargs:
        parts.append(signature(name, makes).strip())
    parts.append(documentation(node).strip())
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and not one.target.id.startswith("_")]
    if fields and not makes:
        rows = []
        for field in fields:
            after = node.body[node.body.index(field) + 1:][:1]
            says = after[0].value.value if after and isinstance(after[0], ast.Expr) else ""
            rows.append([f"`{field.target.id}`", f"`{ast.unparse(field.annotation)}`".replace("|", "\\|"), " ".join(says.split())])
        parts.append(table(["name", "type", "meaning"], rows))
    for one in node.body:
        if not isinstance(one, ast.FunctionDef) or one.name.startswith("_") or not ast.get_docstring(one):
            continue
        attribute = any(isinstance(mark, ast.Name) and mark.id == "property" for mark in one.decorator_list)
        shown = f"```py\n{name}.{one.name}: {ast.unparse(one.returns)}\n```\n\n" if attribute else signature(f"{name}.{one.name}", one)
        parts.append(f"#### `{name}.{one.name}`\n\n{shown}{documentation(one)}")
    return "\n\n".join(part for part in parts if part)


def documentation(node) -> str:
    return ast.get_docstring(node) or ""


def signature(name: str, node) -> str:
    """A signature, over several lines if one is too long."""
    args = node.args
    optional = [None] * (len(args.args) - len(args.defaults)) + args.defaults
    parts = [argument(one, default) for one, default in zip(args.args, optional) if one.arg not in ("self", "cls")]
    if args.posonlyargs:
        parts = [argument(one, None) for one in args.posonlyargs if one.arg != "self"] + ["/", *parts]
    if args.kwonlyargs:
        parts += ["*", *(argument(one, default) for one, default in zip(args.kwonlyargs, args.kw_defaults))]
    if args.kwarg:
        parts.append(f"**{args.kwarg.arg}: {ast.unparse(args.kwarg.annotation)}")
    gives = "" if node.returns is None or node.name == "__init__" else f" -> {ast.unparse(node.returns)}"
    line = f"{name}({', '.join(parts)}){gives}"
    if len(line) > 88:
        line = f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){gives}"
    return f"```py\n{line}\n```\n\n"


def argument(one, default) -> str:
    kind = f": {ast.unparse(one.annotation)}" if one.annotation else ""
    return one.arg + kind + (f" = {ast.unparse(default)}" if default is not None else "")


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def main() -> int:
    pages = {**algorithms(), **command_line(), **python()}
    stale = [name for name, text in pages.items() if not (DOCS / name).exists() or (DOCS / name).read_text() != text]
    gone = [page for page in (DOCS / "algorithms").glob("*.md") if f"algorithms/{page.name}" not in pages]
    if "--check" in sys.argv:
        for name in [*stale, *(f"algorithms/{page.name}" for page in gone)]:
            print(f"docs/{name}: not current; run scripts/pages.py", file=sys.stderr)
        return min(1, len(stale) + len(gone))
    for name in stale:
        (DOCS / name).write_text(pages[name])
    for page in gone:
        page.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
