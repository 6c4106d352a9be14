"""The evaluator that scores every peer: full ranking without seen items, users with at least one test item.

Recall = hits / |R|; binary NDCG with an ideal of min(K, |R|) hits; AP / min(K, |R|).
"""

import numpy as np

BLOCK = 512


def top_lists(score_block, seen, k):
    """Top `k` unseen items of every user; `score_block(start, stop)` gives the scores. Ties are in order of index."""
    users = seen.shape[0]
    lists = np.empty((users, k), np.int32)
    for start in range(0, users, BLOCK):
        stop = min(start + BLOCK, users)
        scores = np.array(score_block(start, stop), dtype=np.float32)
        rows = np.repeat(np.arange(stop - start), np.diff(seen.indptr[start : stop + 1]))
        scores[rows, seen.indices[seen.indptr[start] : seen.indptr[stop]]] = -np.inf
        best = np.sort(np.argpartition(-scores, k, axis=1)[:, :k], axis=1)
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        lists[start:stop] = np.take_along_axis(best, order, axis=1)
    return lists


def score_lists(lists, test):
    """Recall, NDCG and MAP at the length of the lists; -1 means "no item"."""
    users, k = lists.shape
    wanted = np.diff(test.indptr)
    relevant = np.zeros((users, test.shape[1] + 1), bool)  # -1 refers to the last column
    relevant[np.repeat(np.arange(users), wanted), test.indices] = True
    hits = np.take_along_axis(relevant, lists, axis=1)[wanted > 0]
    wanted = wanted[wanted > 0]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate(([0], np.cumsum(discounts)))[np.minimum(wanted, k)]
    precisions = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return {
        f"recall@{k}": np.mean(hits.sum(axis=1) / wanted),
        f"ndcg@{k}": np.mean(hits @ discounts / ideal),
        f"map@{k}": np.mean((precisions * hits).sum(axis=1) / np.minimum(wanted, k)),
    }


def score_factors(users, items, seen, test, k=20):
    """Ranking quality of a model that scores by inner product."""
    return score_lists(top_lists(lambda start, stop: users[start:stop] @ items.T, seen, k), test)


def score_weights(weights, seen, test, k=20):
    """Ranking quality of a model that scores by history × item weights (dense or sparse)."""

    def block(start, stop):
        scores = seen[start:stop] @ weights
        return scores.toarray() if hasattr(scores, "toarray") else scores

    return score_lists(top_lists(block, seen, k), test)


def score_ratings(predicted, ratings):
    """RMSE of raw predictions, and of predictions clipped to the scale as some peers do."""
    error = lambda values: np.sqrt(np.mean((np.asarray(values, np.float64) - ratings) ** 2))  # noqa: E731
    return {"rmse": error(predicted), "rmse_clipped": error(np.clip(predicted, 1, 5))}


def score_candidates(scores, candidates, k=10):
    """HR and NDCG of the first candidate of each row; its copies among the others are left out. Ties count half."""
    wanted = scores[:, :1]
    others = candidates[:, 1:] != candidates[:, :1]
    above = ((scores[:, 1:] > wanted) & others).sum(axis=1) + ((scores[:, 1:] == wanted) & others).sum(axis=1) / 2
    hits = above < k
    return {f"hr@{k}": hits.mean(), f"ndcg@{k}": (hits / np.log2(above + 2)).mean()}
