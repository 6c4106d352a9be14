#!/usr/bin/env python3
"""Fits the constants of the defaults that follow the data, and evaluates them on held-out data sets.

    scripts/defaults.py --data DIR [--keep DIR] [--only SET]

Every data set is split at random (a tenth of the interactions is the test set, seed 0). An algorithm is trained with the
settings of each candidate of its rule, with its plain defaults, and with the settings of a grid. Finished results are kept
in `--keep`. For each data set the constants are those that lose least on the *other* data sets. Prints the table of
docs/tuning.md. Needs `cofil` from this checkout (target/release) or on the PATH, and only Python otherwise.
"""

import argparse
import csv
import gzip
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Name, file, delimiter, whether it has a header, and the least value of a row that counts.
SETS = [
    ("ML-100K", "ml-100k/u.data", "\t", False),
    ("ML-1M", "ml-1m/ratings.csv.gz", ",", True),
    ("anime-5k", "anime-5k/ratings.csv.gz", ",", True),
    ("FilmTrust", "filmtrust/ratings.csv.gz", ",", True),
    ("Last.fm", "hetrec2011-lastfm-2k/user_artists.csv.gz", ",", True),
    ("Steam", "steam/purchase.csv.gz", ",", True),
    ("Retailrocket", "retailrocket-caserec/events.csv.gz", ",", True),
    ("Debian", "", ",", True),
    ("Jester", "jester-1/ratings.csv.gz", ",", True, 5),
    ("Gowalla", "gowalla-lightgcn/train.csv.gz", ",", True),
    ("Yelp2018", "yelp2018-lightgcn/train.csv.gz", ",", True),
]


class Traits:
    """The statistics that rules use; the counterpart of recipes/suit.rs."""

    def __init__(self, rows):
        users, items = {}, {}
        for user, item in rows:
            users[user] = users.get(user, 0) + 1
            items[item] = items.get(item, 0) + 1
        self.users, self.items, self.n = len(users), len(items), len(rows)
        self.density = self.n / (self.users * self.items)
        self.per_item = self.n / self.items
        self.middle = self.n / math.sqrt(self.users * self.items)


def clamp(value, low, high):
    return float(f"{min(max(value, low), high):.1e}")


# For each algorithm: the candidate constants, the settings that follow from them, the constants in use, and the settings
# of the grid.
RULES = {
    "ials": (
        [(3, 0.01), (5, 0.01), (8, 0.01), (5, 0.005)],
        lambda t, c: {
            "unobserved_weight": clamp(c[0] * t.density**0.75, 0.005, 1),
            "reg": clamp(
                max(
                    min(max(c[1] * (1e5 / t.n) ** (1 / 3), 0.003), 0.01),
                    min(2.2 / (t.n / t.users + clamp(c[0] * t.density**0.75, 0.005, 1) * t.items), 0.02),
                ), 0.003, 0.02),
        },
        (5, 0.01),
        [{"unobserved_weight": w, "reg": r} for w, r in ((0.03, 0.003), (0.15, 0.01), (0.6, 0.01), (1, 0.02))],
    ),
    "slim": (
        [1 / 160, 1 / 80, 1 / 40],
        lambda t, c: {"l1": clamp(c * t.per_item, 0.2, 3), "l2": clamp(100 * c * t.per_item, 20, 300)},
        1 / 80,
        [{"l1": 0.3, "l2": 30}, {"l1": 1, "l2": 100}],
    ),
    "ease": (
        [2, 4, 8],
        lambda t, c: {"reg": clamp(c * t.middle, 10, 1000)},
        4,
        [{"reg": r} for r in (20, 50, 100)],
    ),
    "item-knn": (
        [0, 10],
        lambda t, c: {"shrinkage": 0 if t.density > 0.03 else c},
        10,
        [{"shrinkage": s} for s in (0, 10, 30)],
    ),
    "bpr": (
        [0, 0.3, 0.5],
        lambda t, c: {"sampler_exponent": 0 if t.density > 0.03 else c},
        0.5,
        [{"sampler_exponent": s} for s in (0, 0.25, 0.5, 0.75)],
    ),
}
MOST_ITEMS = {"ease": 10_000, "slim": 20_000}


def cofil() -> str:
    built = ROOT / "target" / "release" / "cofil"
    found = os.environ.get("COFIL") or (str(built) if built.exists() else shutil.which("cofil"))
    return found or sys.exit("cofil not found: build it (cargo build --release) or put it on the PATH")


def parts(arguments, board):
    """Writes training and test set; returns their paths and the traits."""
    name, path, separator, head, *least = board
    if path:
        path = arguments.data / path
        text = (gzip.open if path.suffix == ".gz" else open)(path, "rt")
    else:
        packed = ROOT / "datasets" / "debian" / "links.csv.zst"
        text = subprocess.check_output(["zstd", "-dc", packed], text=True).splitlines()
    lines = list(csv.reader(text, delimiter=separator))[1 if head else 0:]
    lines = (line for line in lines if not least or float(line[2]) >= least[0])
    rows = list(dict.fromkeys((line[0], line[1]) for line in lines))
    random.Random(0).shuffle(rows)
    cut = len(rows) // 10
    paths = []
    for part, of in (("train", rows[cut:]), ("test", rows[:cut])):
        paths.append(arguments.keep / f"{name}-{part}.csv")
        paths[-1].write_text("user,item\n" + "".join(f"{u},{i}\n" for u, i in of))
    return paths, Traits(rows[cut:])


def measured(arguments, name, paths, recipe, settings):
    """Returns NDCG@10 of `recipe`, from an earlier run if it was kept."""
    kept = arguments.keep / "values.json"
    values = json.loads(kept.read_text()) if kept.exists() else {}
    key = f"{name} {recipe} {json.dumps(settings, sort_keys=True)}"
    if key not in values:
        line = [cofil(), "compare", paths[0], "--test", paths[1], "--algorithms", recipe, "--implicit",
                "--metrics", "ndcg@10", "--json"]
        for setting, value in settings.items():
            line += ["--set", f"{recipe}.{setting}={value}"]
        done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        entry = next(e for e in json.loads(done.stdout)["entries"] if e["name"] == recipe)
        values[key] = entry["metrics"]["ndcg@10"]["value"]
        print(key, round(values[key], 4), flush=True)
        kept.write_text(json.dumps(values))
    return values[key]


def plain(recipe):
    """Returns the plain defaults of the settings that have a rule."""
    schema = json.loads(subprocess.check_output([cofil(), "algorithms", recipe, "--json"]))
    names = RULES[recipe][1](Traits([("a", "b"), ("a", "c")]), RULES[recipe][2])
    return {name: schema["properties"][name]["default"] for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the data sets")
    parser.add_argument("--keep", type=pathlib.Path, default=ROOT / "target" / "defaults")
    parser.add_argument("--only", action="append", help="only this algorithm; may be repeated")
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    data = {board[0]: parts(arguments, board) for board in SETS}
    for recipe in arguments.only or RULES:
        candidates, rule, in_use, grid = RULES[recipe]
        found = {}
        for name, (paths, traits) in data.items():
            if traits.items > MOST_ITEMS.get(recipe, traits.items):
                continue
            of = lambda settings: measured(arguments, name, paths, recipe, settings)
            by = {c: of(rule(traits, c)) for c in candidates}
            default = of(plain(recipe))
            best = max([default, *by.values(), *(of(settings) for settings in grid)])
            found[name] = (by, default, best)
        print(f"\n| `{recipe}` | plain defaults | rule of the other sets | rule in use | best of the grid |")
        print("|---|---:|---:|---:|---:|")
        for name, (by, default, best) in found.items():
            # Relative losses, so that every data set has the same weight.
            others = [(b, top) for other, (b, _, top) in found.items() if other != name]
            constants = max(candidates, key=lambda c: sum(b[c] / top for b, top in others))
            share = lambda value: f"{value:.4f} ({value / best:.0%})"
            print(f"| {name} | {share(default)} | {share(by[constants])} | {share(by[in_use])} | {best:.4f} |")
        print(flush=True)


if __name__ == "__main__":
    main()
