"""What LensKit's jobs share: the split as its Dataset, and arrays in the order of the files' numbers."""

import os

import numpy as np

import split


def dataset(threads):
    """The training part. Building it is not timed."""
    # Its thread pools are made at first use, from these.
    os.environ.update({"LK_NUM_THREADS": str(threads), "LK_NUM_BACKEND_THREADS": str(threads),
                       "LK_NUM_PROCS": "1", "LK_NUM_CHILD_THREADS": "1"})  # fmt: skip
    import pandas as pd
    from lenskit.data import from_interactions_df

    users, items, _ = split.triples("train")
    return from_interactions_df(pd.DataFrame({"user_id": users, "item_id": items}))


def in_file_order(vocabulary, rows, count):
    """`rows` of LensKit's numbering as rows of ours; zeros for who has none."""
    ordered = np.zeros((count, *rows.shape[1:]), np.float32)
    ordered[np.asarray(vocabulary.ids())] = rows
    return ordered
