"""Reads ratings.dat (user::movie::rating::timestamp) into a sparse matrix of users × items, both numbered from 0.

No reader of the peers supports a delimiter of two characters, so all split at ":" and skip the empty columns.
"""

from inputs import ratings_dat

COLUMNS = ["user", "_1", "movie", "_2", "rating", "_3", "time"]
WANTED = ["user", "movie", "rating"]


def load(bench, read):
    path = ratings_dat()
    path.read_bytes()  # into the page cache
    matrix = bench.time("load", lambda: read(path))
    bench.quality = {"users": matrix.shape[0], "items": matrix.shape[1], "ratings": matrix.nnz, "sum": matrix.sum()}


def to_csr(users, items, ratings, shape):
    from scipy.sparse import csr_matrix

    return csr_matrix((ratings, (users, items)), shape=shape)


def pandas(bench):
    import numpy as np
    import pandas as pd

    def read(path):
        table = pd.read_csv(path, sep=":", header=None, names=COLUMNS, usecols=WANTED, engine="c",
                            dtype={"user": np.int32, "movie": np.int32, "rating": np.float32})  # fmt: skip
        users, user_ids = pd.factorize(table["user"])
        items, item_ids = pd.factorize(table["movie"])
        return to_csr(users, items, table["rating"].to_numpy(), (len(user_ids), len(item_ids)))

    load(bench, read)


def pyarrow(bench):
    import pyarrow as pa
    from pyarrow import csv

    pa.set_cpu_count(bench.threads)

    def read(path):
        types = {"user": pa.int32(), "movie": pa.int32(), "rating": pa.float32()}
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=COLUMNS),
            parse_options=csv.ParseOptions(delimiter=":"),
            convert_options=csv.ConvertOptions(include_columns=WANTED, column_types=types),
        )
        ids = [table[name].combine_chunks().dictionary_encode() for name in ("user", "movie")]
        users, items = (column.indices.to_numpy() for column in ids)
        return to_csr(users, items, table["rating"].to_numpy(), tuple(len(column.dictionary) for column in ids))

    load(bench, read)


def polars(bench):
    import numpy as np
    import polars as pl

    types = {"column_1": pl.Int32, "column_3": pl.Int32, "column_5": pl.Float32}

    def numbered(column):
        # Faster than polars' own dense rank, or numpy's unique with inverse.
        ids = column.unique().to_numpy()
        numbers = np.zeros(ids.max() + 1, np.int32)
        numbers[ids] = np.arange(len(ids), dtype=np.int32)
        return numbers[column.to_numpy()], len(ids)

    def read(path):
        table = pl.read_csv(path, separator=":", has_header=False, columns=[0, 2, 4], schema_overrides=types)
        (users, user_count), (items, item_count) = numbered(table.to_series(0)), numbered(table.to_series(1))
        return to_csr(users, items, table.to_series(2).to_numpy(), (user_count, item_count))

    load(bench, read)


PEERS = {"polars": polars, "pyarrow": pyarrow, "pandas": pandas}
