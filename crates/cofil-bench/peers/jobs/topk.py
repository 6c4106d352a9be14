"""Top ten unseen items for every user from the shared 64 factors; training is not timed."""

import inputs
import split
from metrics import score_lists, top_lists

N = 10


def implicit(bench):
    users, items = bench.once("load", inputs.factors)
    train = split.positives("train")
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=users.shape[1], num_threads=bench.threads)
    model.user_factors, model.item_factors = users, items
    everyone = list(range(len(users)))

    def recommend():
        return model.recommend(everyone, train, N=N, filter_already_liked_items=True)

    lists, _scores = bench.time("recommend", recommend)
    finish(bench, lists)


def numpy(bench):
    users, items = bench.once("load", inputs.factors)
    train = split.positives("train")
    work = lambda: top_lists(lambda start, stop: users[start:stop] @ items.T, train, N)  # noqa: E731
    finish(bench, bench.time("recommend", work))


def finish(bench, lists):
    bench.settings = {"n": N, "users": len(lists)}
    bench.quality = score_lists(lists, split.positives("test"))


PEERS = {"implicit": implicit, "numpy": numpy}
