#!/usr/bin/env python3
"""Compares all algorithms on the data sets of docs/results.md and writes that page.

    scripts/leaderboard.py --data DIR [--trials 5] [--limit 20] [--only NAME] [-o docs/results.md]

Every algorithm gets the same number of trials and the same time. Finished results are kept in `--keep`, so that an
interrupted run continues where it stopped. To repeat a single data set, remove its file there.
Needs `cofil` from this checkout (target/release) or on the PATH, and only Python otherwise.
"""

import argparse
import datetime
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SQUARE = "time grows with the cube of the number of items, and memory with its square"

# Name, description, files, options for reading them, and the algorithms to skip with the reason.
RANKING = [
    ("ML-100K", "every rating counts as 1", ["ml-100k/u.data"], ["--implicit"], {}),
    ("ML-1M", "every rating counts as 1", ["ml-1m/ratings.csv.gz"], ["--implicit"], {}),
    ("Gowalla", "check-ins, the split of the LightGCN paper",
     ["gowalla-lightgcn/train.csv.gz", "gowalla-lightgcn/test.csv.gz"], ["--implicit"],
     {"ease": SQUARE}),
    ("anime-5k", "every rating counts as 1", ["anime-5k/ratings.csv.gz"], ["--implicit"], {}),
    ("FilmTrust", "every rating counts as 1", ["filmtrust/ratings.csv.gz"], ["--implicit"], {}),
    ("Last.fm", "every artist listened to counts as 1",
     ["hetrec2011-lastfm-2k/user_artists.csv.gz"], ["--implicit"], {}),
    ("Jester", "ratings from −10 to 10; those of 5 or more count as 1",
     ["jester-1/ratings.csv.gz"], ["--threshold", "5"], {}),
]
RATING = [
    ("ML-100K", "1 to 5", ["ml-100k/u.data"], [], {}),
    ("ML-1M", "1 to 5", ["ml-1m/ratings.csv.gz"], [], {}),
    ("anime-5k", "1 to 10", ["anime-5k/ratings.csv.gz"], ["--missing", "-1"], {}),
    ("FilmTrust", "0.5 to 4", ["filmtrust/ratings.csv.gz"], [], {}),
    ("Jester", "−10 to 10", ["jester-1/ratings.csv.gz"], [], {}),
]


def cofil() -> str:
    built = ROOT / "target" / "release" / "cofil"
    found = str(built) if built.exists() else shutil.which("cofil")
    if not found:
        sys.exit("cofil not found: build it (cargo build --release) or put it on the PATH")
    return found


def command(board: tuple, ranks: bool, arguments) -> list:
    """Returns the arguments of `cofil compare` for one data set."""
    _, _, files, reading, left_out = board
    algorithms = json.loads(subprocess.check_output([cofil(), "algorithms", "--json"]))
    names = [a["name"] for a in algorithms]
    line = ["compare", str(arguments.data / files[0])] + reading
    if len(files) > 1:
        line += ["--test", str(arguments.data / files[1])]
    line += ["--metrics", "ndcg@10,recall@10,coverage@10" if ranks else "rmse,mae"]
    if ranks:
        # Algorithms that can rank or predict values are set to rank.
        for a in (a for a in algorithms if a["name"] not in left_out):
            for setting, value in a["to_rank"].items():
                value = value if isinstance(value, str) else json.dumps(value)
                line += ["--set", f"{a['name']}.{setting}={value}"]
    for name, reason in left_out.items():
        if name in names:
            line += ["--skip", f"{name}={reason}"]
    return line + ["--tune", str(arguments.trials), "--limit", str(arguments.limit)]


def compare(board: tuple, ranks: bool, arguments) -> dict:
    """Returns the comparison of one data set, from an earlier run if it was kept."""
    kept = arguments.keep / f"{board[0]}-{'ranking' if ranks else 'rating'}.json"
    line = command(board, ranks, arguments)
    if kept.exists():
        answer = json.loads(kept.read_text())
        if answer["line"] == line:
            return answer
    print(f"== {board[0]}: cofil {shlex.join(line)}", flush=True)
    done = subprocess.run([cofil(), *line, "--json"], stdout=subprocess.PIPE, check=True)
    answer = json.loads(done.stdout) | {"line": line}
    # Written to a temporary file first, so that an incomplete file is never read as a result.
    whole = kept.with_suffix(".new")
    whole.write_text(json.dumps(answer))
    whole.replace(kept)
    return answer


def number(value, digits=4) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def seconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def settings(entry: dict) -> str:
    """Returns the settings of the best trial that were searched; empty if the defaults won."""
    trials = entry.get("trials") or []
    best = max((t for t in trials if t["settings"]), key=lambda t: t["number"], default=None)
    if best is None:
        return ""
    drawn = {name for trial in trials for name in trial["settings"]} | {"epochs"}
    shown = [(n, v) for n, v in entry["algorithm"].items() if n in drawn]
    return " ".join(f"`{n}={json.dumps(v, separators=(',', ':'))}`".replace('"', "") for n, v in shown)


def board_lines(board: tuple, answer: dict) -> list:
    metrics = answer["metrics"]
    first = metrics[0]
    # File names relative to the data folder.
    split = answer["split"].replace(answer["line"][1].removesuffix(board[2][0]), "")
    lines = [f"### {board[0]}", "", f"{board[1][0].upper()}{board[1][1:]}. {split[0].upper()}{split[1:]}; "
             f"{answer['entries'][0]['users']:,} users with "
             f"{answer['entries'][0]['interactions']:,} test interactions.", ""]
    lines.append(f"| algorithm | {' | '.join(metrics)} | 95 % of {first} | effect | p | training s | MB | settings |")
    lines.append("|---" + "|---:" * (len(metrics) + 5) + "|---|")
    for entry, apart in zip(answer["entries"], [None] + answer["differences"]):
        values = [entry["metrics"].get(m) for m in metrics]
        cells = [number(v and v["value"]) for v in values]
        mark = "\\*" if entry.get("note") else ""
        cells += [f"{number(values[0]['low'])} – {number(values[0]['high'])}",
                  f"{apart['effect']:+.2f}" if apart and apart["effect"] is not None else "",
                  f"{apart['p']:.4f}" if apart else "",
                  seconds(entry["seconds"]["fit"]), f"{entry['model_bytes'] / 1e6:.1f}", settings(entry)]
        lines.append(f"| `{entry['name']}`{mark} | {' | '.join(cells)} |")
    baselines = next(e["baselines"] for e in answer["entries"] if e["baselines"])
    for name in ("random", "mean"):
        if name in baselines:
            cells = [number((baselines[name].get(m) or {}).get("value")) for m in metrics]
            lines.append(f"| {name} | {' | '.join(cells)} | | | | | | |")
    lines.append("")
    for entry in filter(lambda entry: entry.get("note"), answer["entries"]):
        lines.append(f"- \\* `{entry['name']}`: {entry['note']}.")
    # A closed-form solution is not interrupted.
    limit = float(answer["line"][-1])
    for entry in answer["entries"]:
        taken = sum(trial["seconds"] for trial in entry.get("trials") or [])
        if taken > 1.5 * limit:
            trials = len(entry["trials"])
            lines.append(f"- `{entry['name']}` had {trials} trials in {taken:.0f} s: a trial that has started is not interrupted.")
    lines += [f"- `{f['algorithm']}` was skipped: {f['error']}." for f in answer["failures"]]
    return lines + [""]


def summary(title: str, boards: list) -> list:
    """Returns the table of the first metric over all data sets, with the best value in bold."""
    names = {}
    for _, answer in boards:
        for place, entry in enumerate(answer["entries"]):
            names.setdefault(entry["name"], []).append((place + 1) / len(answer["entries"]))
    order = sorted(names, key=lambda name: sum(names[name]) / len(names[name]))
    lines = [f"| {title} | {' | '.join(board[0] for board, _ in boards)} |", "|---" + "|---:" * len(boards) + "|"]
    for name in order:
        cells = []
        for _, answer in boards:
            entries = [e["name"] for e in answer["entries"]]
            if name not in entries:
                cells.append("–")
                continue
            at = entries.index(name)
            value = number(answer["entries"][at]["metrics"][answer["metrics"][0]]["value"])
            alike = at > 0 and (answer["differences"][at - 1] or {}).get("p", 0) >= 0.05
            cells.append(f"**{value}**" if at == 0 else f"*{value}*" if alike else value)
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return lines + [""]


def page(ranking: list, rating: list, arguments) -> str:
    version = subprocess.check_output([cofil(), "--version"], text=True).split()[1]
    cores = os.cpu_count()
    only = "".join(f" --only {shlex.quote(name)}" for name in arguments.only or [])
    lines = [
        "# Results: all algorithms with equal budgets", "",
        "This page compares all algorithms on several data sets. One command makes it; an interrupted run continues where it",
        "stopped:", "",
        "```text",
        f"scripts/leaderboard.py --data DIR --trials {arguments.trials} --limit {arguments.limit:g}{only}",
        "```", "",
        f"- **Budget:** each algorithm had {arguments.trials} trials and at most {arguments.limit:g} s for them: the first with default settings, the",
        "  others drawn from the ranges that `cofil algorithms NAME` shows. Trials were evaluated on a tenth of the training",
        "  data (ranking: at most 2000 of its users). The best settings were then trained on all of the training data, again for",
        f"  at most {arguments.limit:g} s (\\* where the limit stopped training early), and evaluated once.",
        "- **Test set:** one tenth of the interactions, drawn at random with seed 0, unless a split is named. All items",
        "  outside the user's history are ranked.",
        "- **Statistics:** intervals are bootstrap intervals over users. Effect and p compare with the best algorithm of the",
        "  table, user by user, with Holm's correction. **Bold** is the best value, *italic* is not significantly different from",
        "  the best (p ≥ 0.05).",
        f"- **Machine:** cofil {version}, {datetime.date.today()}, {cores} cores.{f' {arguments.remark}' if arguments.remark else ''}",
        "  Because of the time limits, results depend on the machine: they show what an algorithm reaches with little effort,",
        "  not the best it can reach.", "",
        "`cofil reproduce` prints the results of single algorithms with more effort, such as `ials` on the split of the NCF",
        "paper and with 1024 factors on Gowalla ([published experiments](reproduce.md)).", "",
        "## Ranking: NDCG@10", "", *summary("ndcg@10", ranking),
    ]
    if rating:
        lines += ["## Rating prediction: RMSE", "", *summary("rmse", rating)]
    lines += ["## Ranking by data set", ""]
    for board, answer in ranking:
        lines += board_lines(board, answer)
    if rating:
        lines += ["## Rating prediction by data set", ""]
    for board, answer in rating:
        lines += board_lines(board, answer)
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the data sets")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--limit", type=float, default=20, help="seconds for the search, and again for training")
    parser.add_argument("--only", action="append", help="run only this data set; may be repeated")
    parser.add_argument("--remark", help="remark on the machine, printed on the page")
    parser.add_argument("--keep", type=pathlib.Path, default=ROOT / "target" / "leaderboard")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "docs" / "results.md")
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    chosen = lambda boards: [b for b in boards if not arguments.only or b[0] in arguments.only]
    ranking = [(b, compare(b, True, arguments)) for b in chosen(RANKING)]
    rating = [(b, compare(b, False, arguments)) for b in chosen(RATING)]
    arguments.output.write_text(page(ranking, rating, arguments))
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
