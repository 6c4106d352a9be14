"""The common split: MovieLens-1M, random 90/10, as triples or as a matrix of ones."""

import gzip

import numpy as np
from scipy.sparse import csr_matrix

from catalog import DATA

SHAPE = (6040, 3706)


def triples(part):
    """`part` is "train" or "test": users and items from 0, ratings as f32."""
    with gzip.open(DATA / "ml-1m-90-10" / f"{part}.csv.gz", "rt") as lines:
        table = np.loadtxt(lines, delimiter=",", skiprows=1, dtype=np.int32)
    return table[:, 0] - 1, table[:, 1] - 1, table[:, 2].astype(np.float32)


def positives(part):
    """Every rating as 1.0: users × items."""
    users, items, _ = triples(part)
    return csr_matrix((np.ones(len(users), np.float32), (users, items)), shape=SHAPE)
