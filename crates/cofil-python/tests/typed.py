"""What users write, for mypy and pyright; run as a test too."""

from __future__ import annotations

from typing import Any

import numpy as np

import cofil


def objective(model: cofil.Model, test: cofil.Ratings) -> float:
    """As searches of other libraries ask for it."""
    return model.evaluate(test, metrics="ndcg@10", resamples=0)["ndcg@10"].value


def main(rows: list[tuple[str, str, float]]) -> cofil.Report:
    ratings = cofil.Ratings(rows, min_user=1, duplicates="mean")
    train, test = ratings.split(by="user-random", test=0.2, seed=42)
    algorithm = cofil.Ials(factors=4, epochs=2, solver="cg", seed=1)
    model: cofil.Model = algorithm.fit(train, valid=0.1, progress=False)
    found = model.recommend("u1", n=3, exclude=["i1"], mmr=0.5)
    names: list[Any] = [row.item for row in found]
    assert names and found.basis == "learned"
    one: float = model.predict("u1", "i2")
    many: cofil.Table = model.predict([("u1", "i2")])
    assert one == many[0].prediction
    first: cofil.Recommendations = found[:2]
    assert len(first) == 2
    factors: int = algorithm.factors
    foreign = cofil.import_model({"user_factors": [[1.0]], "item_factors": [[2.0]]}, target="preference", scale=(1, 5))
    notes: list[str] = (foreign.imported or {})["notes"]
    assert notes
    board = cofil.compare(train, test, algorithms=["ease", cofil.ItemKnn(neighbours=factors)], metrics=["ndcg@5"])
    by_class = cofil.compare(train, test, algorithms=[cofil.Popularity, "ease"], metrics="ndcg@5", resamples=0)
    assert isinstance(by_class.best.set_params(seed=1), cofil.Algorithm)
    cofil.fit(train, cofil.Popularity).similar("i1")
    numbers = cofil.fit([(0, 5), (1, 5), (1, 6)], cofil.Ials(factors=2, epochs=1), valid=None)
    neighbours: cofil.Table = numbers.similar(np.int64(5), n=1)
    assert len(neighbours) == 1 and numbers.recommend(np.int64(0)).basis == "learned"
    score: float = numbers.predict(np.int64(0), np.int64(5))
    assert score == numbers.predict(0, 5)
    study = cofil.tune(train, board.best, trials=2, ranges={})
    assert 0 <= objective(study.best.fit(train), test) <= 1
    cofil.fit(train, cofil.Popularity, valid=list(test))
    return model.evaluate(test, metrics=["ndcg@5"], resamples=10)
