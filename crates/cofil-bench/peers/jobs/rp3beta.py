"""RP3β: random walks from item to user to item, every rating a positive of weight 1."""

import split
from metrics import score_weights

ALPHA, BETA, NEIGHBOURS = 1.0, 0.3, 200


def irspack(bench):
    train = bench.once("load", lambda: split.positives("train"))
    from irspack import RP3betaRecommender

    settings = {"alpha": ALPHA, "beta": BETA, "top_k": NEIGHBOURS}
    learn = lambda: RP3betaRecommender(train, n_threads=bench.threads, **settings).learn()  # noqa: E731
    weights = bench.time("fit", learn).W.tocsr()
    bench.settings = settings
    bench.quality = score_weights(weights, train, split.positives("test"))


PEERS = {"irspack": irspack}
