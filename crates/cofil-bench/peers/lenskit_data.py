"""Shared by the LensKit jobs: the split as a Dataset, and arrays in the order of the ids in the files."""

import os

import numpy as np

import split


def limit(threads):
    """LensKit creates its thread pools on first use, from these variables."""
    os.environ.update({"LK_NUM_THREADS": str(threads), "LK_NUM_BACKEND_THREADS": str(threads),
                       "LK_NUM_PROCS": "1", "LK_NUM_CHILD_THREADS": "1"})  # fmt: skip


def dataset(threads):
    """The training set. Building it is not timed."""
    limit(threads)
    import pandas as pd
    from lenskit.data import from_interactions_df

    users, items, _ = split.triples("train")
    return from_interactions_df(pd.DataFrame({"user_id": users, "item_id": items}))


def in_file_order(vocabulary, rows, count):
    """Reorders `rows` from LensKit's numbering to ours; missing rows are zeros."""
    ordered = np.zeros((count, *rows.shape[1:]), np.float32)
    ordered[np.asarray(vocabulary.ids())] = rows
    return ordered
