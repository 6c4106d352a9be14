"""Creates the inputs that cofil and the peers share: ratings.dat and one pair of factor matrices.

`topk` and `evaluate` start from the same factors in every program, so that they differ only in the timed work.
"""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from catalog import DATA, INPUTS, thread_environment

RATINGS = INPUTS / "ratings.dat"
USER_FACTORS = INPUTS / "user_factors.npy"
ITEM_FACTORS = INPUTS / "item_factors.npy"


def ratings_dat():
    """MovieLens-1M in its published form, user::movie::rating::timestamp (0 where the time is unknown)."""
    if not RATINGS.exists():
        with gzip.open(DATA / "ml-1m" / "ratings.csv.gz", "rt") as source, open_new(RATINGS) as target:
            next(source)
            for line in source:
                user, movie, rating, time = line.rstrip("\n").split(",")
                target.write(f"{user}::{movie}::{rating}::{time or 0}\n".encode())
    return RATINGS


def ncf_atomic():
    """NCF's split in RecBole's format: a folder with FOLDER.train.inter and FOLDER.test.inter. It contains all items:
    the one that no user has in the training set is in the test set."""
    import split

    folder = INPUTS / "ml-1m-ncf"
    candidates = split.ncf_candidates()
    parts = {"train": split.ncf_positives(), "test": (np.arange(len(candidates)), candidates[:, 0])}
    for name, (users, items) in parts.items():
        path = folder / f"{folder.name}.{name}.inter"
        if not path.exists():
            with open_new(path) as file:
                file.write(b"user_id:token\titem_id:token\n")
                file.writelines(f"{user}\t{item}\n".encode() for user, item in zip(users, items))
    return folder


WIDE = (1_000_000, 100_000)


def wide():
    """A synthetic sparse table of a million users × a hundred thousand items, with about twenty ratings per user and a
    skewed item popularity. Stored as wide_lengths.npy (of the rows), wide_items.npy and wide_ratings.npy."""
    from scipy.sparse import csr_matrix

    paths = {name: INPUTS / f"wide_{name}.npy" for name in ("lengths", "items", "ratings")}
    if not all(path.exists() for path in paths.values()):
        random = np.random.default_rng(1)
        users = np.repeat(np.arange(WIDE[0], dtype=np.int64), random.poisson(21, WIDE[0]))
        items = (WIDE[1] * random.random(len(users)) ** 3).astype(np.int64)
        users, items = np.divmod(np.unique(users * WIDE[1] + items), WIDE[1])
        taste = (users * 7 + items * 11) % 13 + random.random(len(users)) * 6  # of 0 to 18
        arrays = {"lengths": np.bincount(users, minlength=WIDE[0]).astype(np.int32), "items": items.astype(np.int32),
                  "ratings": (1 + np.minimum(taste // 4, 4)).astype(np.float32)}  # fmt: skip
        for name, array in arrays.items():
            with open_new(paths[name]) as file:
                np.save(file, array)
    lengths, items, ratings = (np.load(path) for path in paths.values())
    return csr_matrix((ratings, items, np.concatenate(([0], np.cumsum(lengths)))), shape=WIDE)


def factors():
    """64 factors of implicit's ALS, as 32-bit matrices; trained in another process, so that no job includes it."""
    if not (USER_FACTORS.exists() and ITEM_FACTORS.exists()):
        environment = {**os.environ, **thread_environment("ials", "implicit-cg", 2)}
        subprocess.run([sys.executable, __file__], env=environment, check=True)
    return np.load(USER_FACTORS), np.load(ITEM_FACTORS)


def prepare():
    factors()
    wide()
    return {"ratings": str(ratings_dat()), "user_factors": str(USER_FACTORS), "item_factors": str(ITEM_FACTORS)}


class open_new:
    """Writes a file that gets its name only when complete."""

    def __init__(self, path):
        self.path, self.partial = path, Path(f"{path}.partial")

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(self.partial, "wb")
        return self.file

    def __exit__(self, error, *_):
        self.file.close()
        if error is None:
            self.partial.replace(self.path)


def learn_factors():
    import split
    from jobs.ials import implicit_model

    model = implicit_model(use_cg=True, threads=2)
    model.fit(split.positives("train"), show_progress=False)
    for path, matrix in ((USER_FACTORS, model.user_factors), (ITEM_FACTORS, model.item_factors)):
        with open_new(path) as file:
            np.save(file, np.ascontiguousarray(matrix, np.float32))


if __name__ == "__main__":
    learn_factors()
