"""Recall, NDCG and MAP at 20 for every user from the shared 64 factors.

`evaluate` is the time to compare. Peers that can rank start from the factors. ranx and recpack only score ready-made
lists: for them `evaluate` is only the scoring, and the earlier steps are in `rank` and `convert`.
"""

import numpy as np

import inputs
import split
from metrics import score_factors, score_lists, top_lists

K = 20


def load(bench):
    users, items = bench.once("load", inputs.factors)
    return users, items, split.positives("train"), split.positives("test")


def finish(bench, starts_from, quality, reported):
    bench.settings = {"k": K, "starts_from": starts_from}
    bench.quality, bench.reported = quality, reported


def irspack(bench):
    users, items, train, test = load(bench)
    from irspack import Evaluator

    def evaluate():
        evaluator = Evaluator(test, cutoff=K, masked_interactions=train, n_threads=bench.threads)
        blocks = (users[start : start + 1024] @ items.T for start in range(0, len(users), 1024))
        return evaluator.get_score_from_score_chunks(blocks)

    scores = bench.time("evaluate", evaluate)
    reported = {f"{name}@{K}": scores[name] for name in ("recall", "ndcg", "map")}
    finish(bench, "factors", score_factors(users, items, train, test, K), reported)


def implicit(bench):
    """Computes MAP, NDCG, AUC and its own kind of precision, but no recall."""
    users, items, train, test = load(bench)
    from implicit.cpu.als import AlternatingLeastSquares
    from implicit.evaluation import ranking_metrics_at_k

    model = AlternatingLeastSquares(factors=users.shape[1], num_threads=bench.threads)
    model.user_factors, model.item_factors = users, items

    def evaluate():
        return ranking_metrics_at_k(model, train, test, K=K, show_progress=False, num_threads=bench.threads)

    scores = bench.time("evaluate", evaluate)
    reported = {f"{name}@{K}": scores[name] for name in ("ndcg", "map", "auc")}
    finish(bench, "factors", score_factors(users, items, train, test, K), reported)


def numpy(bench):
    users, items, train, test = load(bench)
    quality = bench.time("evaluate", lambda: score_factors(users, items, train, test, K))
    finish(bench, "factors", quality, {})


def ranked(bench, users, items, train):
    return bench.once("rank", lambda: top_lists(lambda start, stop: users[start:stop] @ items.T, train, K))


def ranx(bench):
    users, items, train, test = load(bench)
    import ranx
    from numba import set_num_threads

    set_num_threads(bench.threads)
    lists = ranked(bench, users, items, train)

    def convert():
        wanted = {
            str(user): {str(item): 1 for item in test[user].indices} for user in np.flatnonzero(np.diff(test.indptr))
        }
        given = {user: {str(item): float(K - rank) for rank, item in enumerate(lists[int(user)])} for user in wanted}
        return ranx.Qrels(wanted), ranx.Run(given)

    qrels, run = bench.once("convert", convert)
    names = [f"recall@{K}", f"ndcg@{K}", f"map@{K}"]
    evaluate = lambda: ranx.evaluate(qrels, run, names, threads=bench.threads)  # noqa: E731
    bench.once("compile", evaluate)  # its kernels are compiled on the first call
    finish(bench, "lists", score_lists(lists, test), bench.time("evaluate", evaluate))


def recpack(bench):
    users, items, train, test = load(bench)
    from recpack.metrics import NDCGK, RecallK
    from scipy.sparse import csr_matrix

    lists = ranked(bench, users, items, train)
    scores = np.tile(np.arange(K, 0, -1, dtype=np.float32), len(lists))
    rows = np.repeat(np.arange(len(lists)), K)
    predicted = csr_matrix((scores, (rows, lists.ravel())), shape=split.SHAPE)

    def evaluate():
        metrics = {f"recall@{K}": RecallK(K), f"ndcg@{K}": NDCGK(K)}
        for metric in metrics.values():
            metric.calculate(test, predicted)
        return {name: metric.value for name, metric in metrics.items()}

    reported = bench.time("evaluate", evaluate)
    finish(bench, "lists", score_lists(lists, test), reported)


def lenskit(bench):
    users, items, train, test = load(bench)
    from lenskit.data import ItemList, ItemListCollection
    from lenskit.metrics import NDCG, Recall, RunAnalysis

    lists = ranked(bench, users, items, train)

    def convert():
        given, wanted = (ItemListCollection.empty(["user_id"]) for _ in range(2))
        for user in np.flatnonzero(np.diff(test.indptr)):
            given.add(ItemList(item_ids=lists[user], ordered=True), user_id=user)
            wanted.add(ItemList(item_ids=test[user].indices), user_id=user)
        return given, wanted

    given, wanted = bench.once("convert", convert)

    def evaluate():
        return RunAnalysis(Recall(K), NDCG(K)).measure(given, wanted).list_summary()["mean"]

    scores = bench.time("evaluate", evaluate)
    reported = {name.lower(): value for name, value in scores.items()}
    finish(bench, "lists", score_lists(lists, test), reported)


PEERS = {"irspack": irspack, "implicit": implicit, "numpy": numpy, "ranx": ranx, "recpack": recpack, "lenskit": lenskit}
