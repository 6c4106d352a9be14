"""Weighted approximate-rank pairwise loss, 64 factors, 20 epochs, every rating a positive."""

import numpy as np

import split
from metrics import score_factors

SETTINGS = {"no_components": 64, "learning_rate": 0.05}
EPOCHS = 20


def lightfm(bench):
    train = bench.once("load", lambda: split.positives("train"))
    from lightfm import LightFM

    def fit():
        model = LightFM(loss="warp", random_state=1, **SETTINGS)
        return model.fit(train, epochs=EPOCHS, num_threads=bench.threads)

    model = bench.time("fit", fit)
    # Item biases as one more factor; user biases do not change the order of items.
    items = np.hstack([model.item_embeddings, model.item_biases[:, None]])
    users = np.hstack([model.user_embeddings, np.ones((split.SHAPE[0], 1), np.float32)])
    bench.settings = {**SETTINGS, "epochs": EPOCHS}
    bench.quality = score_factors(users, items, train, split.positives("test"))


PEERS = {"lightfm": lightfm}
