"""Twenty million interactions, with ids as 64-bit integers, from a data frame in memory to numbered rows and columns.

A hundred thousand users and thirty thousand items, both skewed; no pair twice, which LensKit refuses.
"""

import numpy as np

ROWS, USERS, ITEMS = 20_000_000, 140_000, 27_000


def columns():
    random = np.random.default_rng(1)
    users = (USERS * random.random(ROWS * 21 // 20) ** 1.5).astype(np.int64)
    items = (ITEMS * random.random(len(users)) ** 1.5).astype(np.int64)
    pairs = np.unique(users * ITEMS + items)
    random.shuffle(pairs)
    users, items = np.divmod(pairs[:ROWS], ITEMS)
    # Ids with gaps, as after years of use.
    return {"user_id": users * 7 + 1, "item_id": items * 3 + 5, "rating": random.integers(1, 11, len(users)) / 2}


def convert(bench, prepare):
    frame = bench.once("load", lambda: prepare()(columns()))
    convert = prepare(convert=True)
    found = bench.time("convert", lambda: convert(frame))
    bench.quality = {"users": found[0], "items": found[1], "ratings": found[2]}


def cofil(make):
    def prepare(convert=False):
        import cofil

        def ratings(frame):
            ratings = cofil.Ratings(frame, user="user_id", item="item_id", value="rating")
            return *ratings._inner.shape(), len(ratings)

        return ratings if convert else make()

    return prepare


def pandas_frame():
    import pandas

    return pandas.DataFrame


def polars_frame():
    import polars

    return polars.DataFrame


def arrow_table():
    import pyarrow

    return pyarrow.table


def factorize(convert=False):
    import pandas as pd
    from scipy.sparse import csr_matrix

    def matrix(frame):
        users, user_ids = pd.factorize(frame["user_id"])
        items, item_ids = pd.factorize(frame["item_id"])
        rows = csr_matrix((frame["rating"].to_numpy(), (users, items)), shape=(len(user_ids), len(item_ids)))
        return *rows.shape, rows.nnz

    return matrix if convert else pd.DataFrame


def lenskit(convert=False):
    import pandas as pd
    from lenskit.data import from_interactions_df

    def dataset(frame):
        data = from_interactions_df(frame)
        return data.user_count, data.item_count, data.interaction_count

    return dataset if convert else pd.DataFrame


PEERS = {name: lambda bench, prepare=prepare: convert(bench, prepare) for name, prepare in {
    "cofil": cofil(pandas_frame),
    "cofil-polars": cofil(polars_frame),
    "cofil-arrow": cofil(arrow_table),
    "pandas": factorize,
    "lenskit": lenskit,
}.items()}  # fmt: skip
