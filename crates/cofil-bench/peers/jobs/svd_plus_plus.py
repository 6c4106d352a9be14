"""SVD++ on MovieLens-100K with the peer's default settings: 20 factors, 20 epochs."""

import numpy as np

import split
from metrics import score_ratings

FOLDER = "ml-100k-90-10"


def surprise(bench):
    import pandas as pd
    from surprise import Dataset, Reader, SVDpp

    def load():
        rows = np.column_stack(split.triples("train", FOLDER))
        frame = pd.DataFrame(rows, columns=["user", "item", "rating"])
        return Dataset.load_from_df(frame, Reader(rating_scale=(1, 5))).build_full_trainset()

    train = bench.once("load", load)
    # It supports only one thread.
    model = bench.time("fit", lambda: SVDpp(random_state=42).fit(train))
    bench.settings = {"n_factors": 20, "n_epochs": 20, "lr_all": 0.007, "reg_all": 0.02}
    users, items, ratings = split.triples("test", FOLDER)
    predicted = [model.predict(user, item, clip=False).est for user, item in zip(users, items, strict=True)]
    bench.quality = score_ratings(np.array(predicted), ratings)


PEERS = {"surprise": surprise}
