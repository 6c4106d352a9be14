"""What users write, for mypy and pyright; run as a test too."""

from __future__ import annotations

from typing import Any

import cofil


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
    factors: int = algorithm.factors
    foreign = cofil.import_model({"user_factors": [[1.0]], "item_factors": [[2.0]]}, target="preference", scale=(1, 5))
    notes: list[str] = (foreign.imported or {})["notes"]
    assert notes
    board = cofil.compare(train, test, algorithms=["ease", cofil.ItemKnn(neighbours=factors)], metrics=["ndcg@5"])
    study = cofil.tune(train, board.best, trials=2, ranges={})
    study.best.fit(train)
    return model.evaluate(test, metrics=["ndcg@5"], resamples=10)
