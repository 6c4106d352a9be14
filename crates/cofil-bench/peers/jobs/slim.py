"""SLIM: an elastic-net regression for each item, non-negative weights; penalties equal to cofil's l1 = 3, l2 = 300."""

import split
from metrics import score_weights

L1, L2 = 3.0, 300.0


def irspack(bench):
    train = bench.once("load", lambda: split.positives("train"))
    from irspack import SLIMRecommender

    # It divides the squared errors by the number of users, as scikit-learn does.
    settings = {"alpha": (L1 + L2) / train.shape[0], "l1_ratio": L1 / (L1 + L2), "positive_only": True}
    learn = lambda: SLIMRecommender(train, n_threads=bench.threads, **settings).learn()  # noqa: E731
    model = bench.time("fit", learn)
    bench.settings = settings
    bench.quality = score_weights(model.W.tocsr(), train, split.positives("test"))


PEERS = {"irspack": irspack}
