"""Implicit ALS, 64 factors, 15 iterations, every rating a positive of 1.

The settings are the best of a small grid by NDCG@20 (a dozen points each); they do not affect the time.
"""

import numpy as np

import split
from metrics import score_factors

FACTORS, ITERATIONS = 64, 15
IMPLICIT = {"regularization": 30.0, "alpha": 2.0}
IRSPACK = {"alpha0": 1.0, "reg": 0.003, "nu": 1.0}
CMFREC = {"lambda_": 10.0, "alpha": 1.0}
LENSKIT = {"regularization": 30.0, "weight": 1.0}


def finish(bench, users, items, train, settings):
    bench.settings = {"factors": FACTORS, "iterations": ITERATIONS, **settings}
    bench.quality = score_factors(users, items, train, split.positives("test"))


def implicit_model(use_cg, threads):
    # Not implicit.als, whose wrapper uses a GPU if there is one.
    from implicit.cpu.als import AlternatingLeastSquares

    return AlternatingLeastSquares(factors=FACTORS, iterations=ITERATIONS, use_cg=use_cg, num_threads=threads,
                                   random_state=42, **IMPLICIT)  # fmt: skip


def implicit(bench, use_cg):
    train = bench.once("load", lambda: split.positives("train"))

    def fit():
        model = implicit_model(use_cg, bench.threads)
        model.fit(train, show_progress=False)
        return model

    implicit_model(use_cg, bench.threads)  # imports the modules that `fit` needs
    model = bench.time("fit", fit)
    finish(bench, model.user_factors, model.item_factors, train, IMPLICIT)


def irspack(bench, solver):
    train = bench.once("load", lambda: split.positives("train"))
    from irspack import IALSRecommender

    def fit():
        return IALSRecommender(train, n_components=FACTORS, train_epochs=ITERATIONS, solver_type=solver,
                               n_threads=bench.threads, **IRSPACK).learn()  # fmt: skip

    model = bench.time("fit", fit)
    finish(bench, model.get_user_embedding(), model.get_item_embedding(), train, IRSPACK)


def cmfrec(bench):
    train = bench.once("load", lambda: split.positives("train"))
    from cmfrec import CMF_implicit

    matrix = train.tocoo()

    def fit():
        return CMF_implicit(k=FACTORS, niter=ITERATIONS, use_cg=True, nthreads=bench.threads,
                            precompute_for_predictions=False, **CMFREC).fit(matrix)  # fmt: skip

    model = bench.time("fit", fit)
    finish(bench, model.A_, model.B_, train, CMFREC)


def lenskit(bench):
    from lenskit_data import dataset, in_file_order

    train = split.positives("train")
    data = bench.once("load", lambda: dataset(bench.threads))
    from lenskit.als import ImplicitMFScorer

    def fit():
        scorer = ImplicitMFScorer(features=FACTORS, epochs=ITERATIONS, **LENSKIT)
        scorer.train(data)
        return scorer

    model = bench.time("fit", fit)
    users = in_file_order(model.users, np.asarray(model.user_embeddings), train.shape[0])
    items = in_file_order(model.items, np.asarray(model.item_embeddings), train.shape[1])
    finish(bench, users, items, train, LENSKIT)


PEERS = {
    "implicit-cg": lambda bench: implicit(bench, use_cg=True),
    "implicit-cholesky": lambda bench: implicit(bench, use_cg=False),
    "irspack-cg": lambda bench: irspack(bench, "CG"),
    "irspack-cholesky": lambda bench: irspack(bench, "CHOLESKY"),
    "cmfrec-cg": cmfrec,
    "lenskit": lenskit,
}
