"""Hooks of MkDocs: what turns docs/, which reads well on a code host, into the site.

- Code blocks that follow each other in `sh`, `python` and `rust` become the tabs of one step; two with titles stand side
  by side.
- Formulas between dollar signs become MathML, which browsers show without scripts or fonts of ours.
- Notebooks become pages, with their committed outputs.
- Pages of the repository outside docs/, such as ARCHITECTURE.md, join the site; links to files that are no pages lose
  their link.
"""

import html
import json
import pathlib
import posixpath
import re

from latex2mathml.converter import convert
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTSIDE = sorted(
    str(page.relative_to(ROOT))
    for pattern in ("*.md", "datasets/*/*.md", "crates/*/*.md", "crates/*/*/README.md")
    for page in ROOT.glob(pattern)
)
TABS = {"sh": "CLI", "python": "Python", "rust": "Rust"}
BODY = r"\n(?:(?!```).*\n)*```\n"
STEP = re.compile(rf"(?:^```(?:sh|python|rust){BODY}\n*){{2,}}", re.M)
BESIDE = re.compile(rf"(?:^```python title=.*{BODY}\n?){{2}}", re.M)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.M | re.S)
ANY_BLOCK = re.compile(r"^ *(```+)[^\n]*\n.*?^ *\1\n", re.M | re.S)
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s]+)\)")
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.S)


@event_priority(-200)
def on_config(config):
    # The plugin that makes the search work without a server would load this from the network; offline.js is ours.
    config.extra["polyfills"] = ["offline.js"]
    pages = sorted(page.stem for page in (ROOT / "docs/algorithms").glob("*.md") if page.stem != "index")
    for section in config.nav:
        if "Algorithms" in section:
            section["Algorithms"] += [{name: f"algorithms/{name}.md"} for name in pages]
    return config


def on_files(files, config):
    for path in OUTSIDE:
        files.append(File.generated(config, f"repository/{path}", content=(ROOT / path).read_text()))
    for file in list(files):
        if file.src_path.endswith(".ipynb"):
            files.remove(file)
            text = notebook(json.loads(pathlib.Path(file.abs_src_path).read_text()))
            files.append(File.generated(config, file.src_path[:-len(".ipynb")] + ".md", content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    at = page.file.src_path
    at = at[len("repository/"):] if at.startswith("repository/") else f"docs/{at}"
    markdown = BESIDE.sub(lambda two: f'<div class="beside" markdown>\n\n{two[0]}\n</div>\n\n', STEP.sub(tabs, markdown))
    return outside_blocks(markdown, lambda text: LINK.sub(lambda link: linked(link, at, page), text))


def on_page_content(content, page, config, files):
    return FORMULA.sub(lambda found: mathml(html.unescape(found[2]), found[1] == "div"), content)


def mathml(formula, block):
    return convert(formula.strip(), display="block" if block else "inline")


def tabs(step):
    """The blocks of a step as tabs, unless a language comes twice: then they are steps of their own."""
    blocks = BLOCK.findall(step[0])
    if len({language for language, _ in blocks}) < len(blocks):
        return step[0]
    return "\n".join(f'=== "{TABS[language]}"\n\n' + indented(f"```{language}\n{code}```\n") for language, code in blocks) + "\n"


def indented(text):
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def outside_blocks(text, change):
    """Changes the text, but not the code in it."""
    parts, last = [], 0
    for block in ANY_BLOCK.finditer(text):
        parts += [change(text[last:block.start()]), block[0]]
        last = block.end()
    return "".join([*parts, change(text[last:])])


def linked(link, at, page):
    """A link of the repository as one of the site."""
    image, text, target = link.groups()
    if "://" in target or target.startswith(("#", "mailto:")):
        return link[0]
    path, mark, anchor = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(at), path))
    if path.startswith("docs/"):
        path = path[len("docs/"):].replace(".ipynb", ".md")
    elif path in OUTSIDE:
        path = f"repository/{path}"
    else:
        return text
    return f"{image}[{text}]({posixpath.relpath(path, posixpath.dirname(page.file.src_path) or '.')}{mark}{anchor})"


def notebook(cells):
    """A notebook as Markdown."""
    parts = []
    for cell in cells["cells"]:
        source = "".join(cell["source"]).rstrip("\n")
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        parts += [output(one) for one in cell["outputs"]]
    return "\n\n".join(part for part in parts if part) + "\n"


def output(one):
    data = one.get("data", {})
    for kind in ("image/svg+xml", "text/html"):
        if kind in data:
            # One block of HTML: no blank lines in it.
            text = re.sub(r"\n\s*\n", "\n", "".join(data[kind]).strip())
            return f'<div class="output">\n{text}\n</div>'
    text = "".join(one.get("text") or data.get("text/plain", "")).rstrip("\n")
    return f"```text\n{text}\n```" if text else ""
