"""EASE, λ = 500: item-to-item weights from one matrix inverse."""

import numpy as np

import split
from metrics import score_weights

REG = 500.0


def irspack(bench):
    train = bench.once("load", lambda: split.positives("train"))
    from irspack import DenseSLIMRecommender

    model = bench.time("fit", lambda: DenseSLIMRecommender(train, reg=REG).learn())
    finish(bench, np.asarray(model.W), train)


def scipy(bench):
    """The yardstick: Gram matrix, Cholesky factorisation and inverse, all in LAPACK and 32 bits."""
    train = bench.once("load", lambda: split.positives("train"))
    from scipy.linalg.lapack import spotrf, spotri

    def fit():
        gram = np.asfortranarray((train.T @ train).toarray())
        gram[np.diag_indices_from(gram)] += REG
        factor, info = spotrf(gram, lower=True, overwrite_a=True)
        assert info == 0, f"potrf: {info}"
        inverse, info = spotri(factor, lower=True, overwrite_c=True)
        assert info == 0, f"potri: {info}"
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        inverse /= -np.diag(inverse)
        np.fill_diagonal(inverse, 0)
        return inverse

    finish(bench, bench.time("fit", fit), train)


def finish(bench, weights, train):
    bench.settings = {"reg": REG}
    bench.quality = score_weights(weights, train, split.positives("test"))


PEERS = {"irspack": irspack, "scipy": scipy}
