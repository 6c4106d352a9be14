"""Bayesian personalised ranking, 64 factors, every rating a positive.

Both peers run 100 epochs with the same learning rate and regularisation, which were not tuned.
"""

import numpy as np

import split
from metrics import score_factors

FACTORS = 64
CORNAC = {"max_iter": 100, "learning_rate": 0.05, "lambda_reg": 0.01}
IMPLICIT = {"iterations": 100, "learning_rate": 0.05, "regularization": 0.01}


def cornac(bench):
    train = bench.once("load", lambda: split.positives("train"))
    from cornac.data import Dataset
    from cornac.models import BPR

    # Built from indices: Dataset.from_uir would spend seconds in a Python loop.
    ids = [{index: index for index in range(size)} for size in split.SHAPE]
    users, items = train.nonzero()
    data = Dataset(*split.SHAPE, *ids, (users.astype(np.int64), items.astype(np.int64), np.ones(len(users))))
    # No seed, because with a seed it uses one thread.
    model = bench.time("fit", lambda: BPR(k=FACTORS, num_threads=bench.threads, **CORNAC).fit(data))
    items = np.hstack([model.i_factors, model.i_biases[:, None]])
    users = np.hstack([model.u_factors, np.ones((split.SHAPE[0], 1))])
    finish(bench, users, items, train, CORNAC)


def implicit(bench):
    train = bench.once("load", lambda: split.positives("train"))
    # Not implicit.bpr, whose wrapper uses a GPU if there is one.
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    def fit():
        # The vectors have one more factor: the item bias, and 1 for users.
        model = BayesianPersonalizedRanking(factors=FACTORS, num_threads=bench.threads, **IMPLICIT)
        model.fit(train, show_progress=False)
        return model

    model = bench.time("fit", fit)
    finish(bench, model.user_factors, model.item_factors, train, IMPLICIT)


def finish(bench, users, items, train, settings):
    bench.settings = {"factors": FACTORS, **settings}
    bench.quality = score_factors(users, items, train, split.positives("test"))


PEERS = {"cornac": cornac, "implicit": implicit}
