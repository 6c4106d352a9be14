#!/usr/bin/env python3
"""Metric values of other libraries for the same ranked lists, with which cofil's `--convention` must agree.

    COFIL_PEERS=target/peers COFIL_ELLIOT=elliot COFIL_DACREMA=dacrema python3 crates/cofil/tests/golden/peers.py

writes peers.json beside itself. Needs the environments of crates/cofil-bench/peers/setup.py. There are two sets of
lists: `full`, where each user has twelve items, and `short`, where some users have fewer than the cutoff, for libraries
that accept such lists.

Elliot and the framework of Dacrema et al. are not on a package registry. COFIL_ELLIOT and COFIL_DACREMA name folders
with their sources: a git clone of https://github.com/sisinflab/elliot at commit c085d430258f (0.3.1), and one of
https://github.com/MaurizioFD/RecSys2019_DeepLearning_Evaluation at 5a0db79beeaa. Elliot's base_metric.py, relevance.py,
precision.py and hit_rate.py were those of commit 012692632dc1, which is also labelled 0.3.1.
"""

import importlib
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType, SimpleNamespace

HERE = Path(__file__).resolve().parent
PEERS = Path(os.environ.get("COFIL_PEERS", HERE.parents[3] / "target" / "peers"))
ITEMS, USERS, LONGEST, CUTOFFS = 80, 60, 12, (5, 10)
# The version of libraries that are source checkouts.
COMMITS = {"elliot": "c085d430258f", "dacrema": "5a0db79beeaa"}


def generator(seed):
    """Pseudo-random integers, the same on every machine."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def make_set(name, seed):
    draw = generator(seed)
    lists, relevant = [], []
    for _ in range(USERS):
        order = sorted(range(ITEMS), key=lambda _: next(draw))
        length = LONGEST if name == "full" else 1 + next(draw) % LONGEST
        lists.append(order[:length])
        # Some relevant items are in the list and some are not; there are fewer or more of them than the cutoff.
        wanted = 1 + next(draw) % 20
        pool = order[:20] if next(draw) % 2 else order
        relevant.append(sorted(sorted(pool, key=lambda _: next(draw))[:wanted]))
    # The last user has no list to evaluate: theirs is cofil's training set.
    lists[-1], relevant[-1] = [], []
    return {"name": name, "lists": lists, "relevant": relevant}


def tested(made):
    return [u for u in range(USERS) if made["relevant"][u]]


def matrix(rows, values=None):
    import numpy as np
    from scipy.sparse import csr_matrix

    users = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    items = np.array([item for row in rows for item in row])
    values = np.ones(len(items)) if values is None else values
    made = csr_matrix((values, (users, items)), shape=(len(rows), ITEMS))
    made.indices, made.indptr = made.indices.astype(np.int32), made.indptr.astype(np.int32)
    return made


def scores(made):
    """Listed items with positive scores, highest first."""
    return matrix(made["lists"], [float(LONGEST - rank) for row in made["lists"] for rank in range(len(row))])


def implicit(made, k):
    import numpy as np
    from implicit.evaluation import ranking_metrics_at_k

    class Lists:
        def recommend(self, users, _, N=10, **others):
            return np.array([made["lists"][u][:N] for u in users], np.int32), None

    wanted = matrix(made["relevant"])
    found = ranking_metrics_at_k(Lists(), wanted, wanted, K=k, show_progress=False)
    return {f"{name}@{k}": found[name] for name in ("ndcg", "map", "precision")}


def rectools(made, k):
    import pandas as pd
    from rectools.metrics import MAP, MRR, NDCG, HitRate, Precision, Recall, calc_metrics

    def frame(rows):
        return pd.DataFrame(
            [(u, item, rank + 1) for u, row in enumerate(rows) for rank, item in enumerate(row)],
            columns=["user_id", "item_id", "rank"],
        )

    names = {"ndcg": NDCG, "map": MAP, "recall": Recall, "precision": Precision, "hr": HitRate, "mrr": MRR}
    metrics = {f"{name}@{k}": metric(k=k) for name, metric in names.items()}
    return calc_metrics(metrics, frame(made["lists"]), frame(made["relevant"]))


def ranx(made, k):
    import ranx as library

    wanted = {str(u): {str(item): 1 for item in made["relevant"][u]} for u in tested(made)}
    given = {
        str(u): {str(item): float(LONGEST - rank) for rank, item in enumerate(made["lists"][u])} for u in tested(made)
    }
    names = {"ndcg": "ndcg", "map": "map", "recall": "recall", "precision": "precision", "hit_rate": "hr", "mrr": "mrr"}
    found = library.evaluate(library.Qrels(wanted), library.Run(given), [f"{name}@{k}" for name in names])
    return {f"{ours}@{k}": found[f"{theirs}@{k}"] for theirs, ours in names.items()}


def recpack(made, k):
    from recpack.metrics import CalibratedRecallK, NDCGK, PrecisionK, RecallK, ReciprocalRankK

    # Its HitK is the number of hits, which nobody else calls so.
    names = {
        "ndcg": NDCGK, "recall": RecallK, "recall_capped": CalibratedRecallK, "precision": PrecisionK,
        "mrr": ReciprocalRankK,
    }  # fmt: skip
    found = {}
    for name, kind in names.items():
        metric = kind(k)
        metric.calculate(matrix(made["relevant"]), scores(made))
        found[f"{name}@{k}"] = metric.value
    return found


def irspack(made, k):
    from irspack import Evaluator

    evaluator = Evaluator(matrix(made["relevant"]), cutoff=k)
    found = evaluator.get_score_from_score_matrix(scores(made).toarray())
    names = {"ndcg": "ndcg", "recall": "recall", "precision": "precision", "map": "map", "hit": "hr"}
    return {f"{ours}@{k}": found[theirs] for theirs, ours in names.items()}


def lenskit(made, k):
    import numpy as np
    from lenskit.data import ItemList
    from lenskit.metrics import NDCG, Hit, Precision, Recall, RecipRank

    names = {"ndcg": NDCG, "recall": Recall, "precision": Precision, "hr": Hit, "mrr": RecipRank}
    found = {}
    for name, kind in names.items():
        values = [
            kind(k).measure_list(
                ItemList(item_ids=made["lists"][u], ordered=True), ItemList(item_ids=made["relevant"][u])
            )
            for u in tested(made)
        ]
        found[f"{name}@{k}"] = np.nanmean(values)
    return found


def recbole(made, k):
    import numpy as np
    import torch

    np.float = float  # which its metrics still ask for
    from recbole.evaluator.metrics import MAP, MRR, NDCG, Hit, Precision, Recall

    rows = [
        [int(item in made["relevant"][u]) for item in made["lists"][u][:k]] + [len(made["relevant"][u])]
        for u in tested(made)
    ]
    config = {"metric_decimal_place": 12, "topk": [k]}
    found = {}
    for name, kind in {"ndcg": NDCG, "map": MAP, "recall": Recall, "precision": Precision, "hit": Hit, "mrr": MRR}.items():
        value = kind(config).calculate_metric({"rec.topk": torch.tensor(rows)})
        found[f"{'hr' if name == 'hit' else name}@{k}"] = value[f"{name}@{k}"]
    return found


def from_checkout(library, name):
    """Imports a module of a checkout without its parents' __init__ files, which import far more than numpy."""
    folder, parts = Path(os.environ[variable(library)]), name.split(".")
    for depth in range(1, len(parts)):
        package = ModuleType(".".join(parts[:depth]))
        package.__path__ = [str(folder.joinpath(*parts[:depth]))]
        sys.modules.setdefault(package.__name__, package)
    return importlib.import_module(name)


def variable(library):
    return f"COFIL_{library.upper()}"


def elliot(made, k):
    evaluation = "elliot.evaluation"
    relevance = from_checkout("elliot", f"{evaluation}.relevance.relevance").Relevance
    # Everything has the value of the threshold, which is a gain of 1.
    wanted = {u: dict.fromkeys(made["relevant"][u], 1) for u in tested(made)}
    given = {u: [(item, float(LONGEST - rank)) for rank, item in enumerate(made["lists"][u])] for u in tested(made)}
    names = {
        "ndcg": ("ndcg.ndcg", "nDCG"), "map": ("map.map", "MAP"), "recall": ("recall.recall", "Recall"),
        "precision": ("precision.precision", "Precision"), "hr": ("hit_rate.hit_rate", "HR"), "mrr": ("mrr.mrr", "MRR"),
    }  # fmt: skip
    found = {}
    for name, (module, kind) in names.items():
        metric = getattr(from_checkout("elliot", f"{evaluation}.metrics.accuracy.{module}"), kind)
        objects = SimpleNamespace(cutoff=k, relevance=relevance(wanted, 1))
        found[f"{name}@{k}"] = metric(given, None, None, objects).eval()
    return found


def dacrema(made, k):
    import numpy as np

    # Its "hit rate" is the number of hits.
    theirs = from_checkout("dacrema", "Base.Evaluation.metrics")
    values, by_map, by_mrr = {"ndcg": [], "recall": [], "precision": []}, theirs.MAP(), theirs.MRR()
    for u in tested(made):
        given, wanted = np.array(made["lists"][u][:k]), np.array(made["relevant"][u])
        hits = np.isin(given, wanted)
        values["ndcg"].append(float(theirs.ndcg(given, wanted, relevance=np.ones(len(wanted)), at=k)))
        values["recall"].append(float(theirs.recall(hits, wanted)))
        values["precision"].append(float(theirs.precision(hits)))
        by_map.add_recommendations(hits, wanted)
        by_mrr.add_recommendations(hits)
    found = {f"{name}@{k}": np.mean(rows) for name, rows in values.items()}
    return found | {f"map@{k}": by_map.get_metric_value(), f"mrr@{k}": by_mrr.get_metric_value()}


# By environment: the function, and whether lists may be shorter than the cutoff.
LIBRARIES = {
    "": [(implicit, False), (ranx, True), (recpack, False), (irspack, False), (elliot, True), (dacrema, True)],
    "torch": [(lenskit, True)],
    "recbole": [(recbole, False), (rectools, True)],
}


def measure(environment):
    sets, versions = [make_set("full", 1), make_set("short", 2)], {}
    values = {made["name"]: {} for made in sets}
    for library, takes_short in LIBRARIES[environment]:
        name = library.__name__
        versions[name] = COMMITS.get(name) or version(name)
        for made in sets:
            if made["name"] == "full" or takes_short:
                found = {metric: float(value) for k in CUTOFFS for metric, value in library(made, k).items()}
                values[made["name"]][name] = found
    return {"versions": versions, "values": values}


def main():
    if len(sys.argv) > 1:
        # Libraries talk; only the last line is ours.
        print("\n" + json.dumps(measure(sys.argv[1].removeprefix("environment:"))))
        return
    missing = [variable(library) for library in COMMITS if variable(library) not in os.environ]
    if missing:
        sys.exit(f"not set: {', '.join(missing)}; the start of this script says what it must be")
    sets, versions = [make_set("full", 1), make_set("short", 2)], {}
    for made in sets:
        made["values"] = {}
    for environment in LIBRARIES:
        python = PEERS / environment / "bin" / "python"
        command = [python, __file__, f"environment:{environment}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.strip().splitlines()[-1])
        versions |= found["versions"]
        for made in sets:
            made["values"] |= found["values"][made["name"]]
    made_by = "peers.py with " + ", ".join(f"{name} {v}" for name, v in versions.items())
    document = {"made_by": f"{made_by}; Python {platform.python_version()}", "items": ITEMS, "sets": sets}
    text = json.dumps(document, indent=1)
    # Lists of numbers on one line each.
    import re

    text = re.sub(r"\[\s*((?:\d+,?\s*)+)\]", lambda m: "[" + " ".join(m.group(1).split()) + "]", text)
    (HERE / "peers.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
