"""Data that the tests share."""

from __future__ import annotations

import random
import signal

import pytest

import cofil

# Where tests run in the background, shells ignore Ctrl-C, and every process that is started inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def rows(users: int = 40, items: int = 30, seed: int = 0) -> list[tuple[str, str, float, int]]:
    """Ratings of two groups of users, who like two groups of items."""
    draw = random.Random(seed)
    made = []
    for user in range(users):
        for item in range(items):
            if draw.random() < 0.4:
                value = 4.0 + draw.randrange(2) if user % 2 == item % 2 else 1.0 + draw.randrange(2)
                made.append((f"u{user}", f"i{item}", value, 1_500_000_000 + draw.randrange(10**7)))
    return made


@pytest.fixture(scope="session")
def ratings() -> cofil.Ratings:
    return cofil.Ratings(rows())


@pytest.fixture(scope="session")
def model(ratings: cofil.Ratings) -> cofil.Model:
    return cofil.Ials(factors=4, epochs=3, seed=1).fit(ratings)


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "ratings.csv"
    lines = ["user,item,rating,timestamp", *(f"{u},{i},{v},{t}" for u, i, v, t in rows())]
    path.write_text("\n".join(lines) + "\n")
    return path
