"""Inputs that cofil and the peers share, made once: ratings.dat and one pair of factor matrices.

`topk` and `evaluate` start from the same factors whoever runs them, so they differ in nothing but the work timed.
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


def factors():
    """64 factors of implicit's ALS, as 32-bit matrices; learned in another process so that no job pays for it."""
    if not (USER_FACTORS.exists() and ITEM_FACTORS.exists()):
        environment = {**os.environ, **thread_environment("ials", "implicit-cg", 2)}
        subprocess.run([sys.executable, __file__], env=environment, check=True)
    return np.load(USER_FACTORS), np.load(ITEM_FACTORS)


def prepare():
    factors()
    return {"ratings": str(ratings_dat()), "user_factors": str(USER_FACTORS), "item_factors": str(ITEM_FACTORS)}


class open_new:
    """A file that appears under its name only when complete."""

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
