"""The splits, numbered from 0: MovieLens-1M and 100K, random 90/10; MovieLens-1M as split for NCF; Gowalla."""

import gzip

import numpy as np
from scipy.sparse import csr_matrix

from catalog import DATA

SHAPE = (6040, 3706)  # of both splits of MovieLens-1M
GOWALLA = (29858, 40981)


def table(path):
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1, dtype=np.int32)


def triples(part, folder="ml-1m-90-10"):
    """`part` is "train" or "test": users and items from 0, ratings as f32."""
    rows = table(DATA / folder / f"{part}.csv.gz")
    return rows[:, 0] - 1, rows[:, 1] - 1, rows[:, 2].astype(np.float32)


def positives(part):
    """Every rating as 1.0: users × items."""
    users, items, _ = triples(part)
    return csr_matrix((np.ones(len(users), np.float32), (users, items)), shape=SHAPE)


def ratings(part):
    """users × items; sparse."""
    users, items, values = triples(part)
    return csr_matrix((values, (users, items)), shape=SHAPE)


def ncf_positives():
    """Users and items of the training set of NCF's split."""
    rows = table(DATA / "ml-1m-ncf" / "train.csv.gz")
    return rows[:, 0], rows[:, 1]


def ncf_candidates():
    """users × 100 items: the held-out item, then its 99 negatives. For 156 users a negative is the held-out item
    itself, which is then listed twice."""
    test = table(DATA / "ml-1m-ncf" / "test.csv")
    negatives = table(DATA / "ml-1m-ncf" / "negatives.csv.gz")
    assert (test[:, 0] == np.arange(len(test))).all() and (negatives[:, 0] == test[:, 0]).all()
    return np.column_stack((test[:, 1], negatives[:, 1:]))


def gowalla():
    """The training set of LightGCN's split of Gowalla, as ones: users × items."""
    rows = table(DATA / "gowalla-lightgcn" / "train.csv.gz")
    return csr_matrix((np.ones(len(rows), np.float32), (rows[:, 0], rows[:, 1])), shape=GOWALLA)
