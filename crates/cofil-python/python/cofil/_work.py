"""Comparisons and searches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cofil import _cofil
from cofil._algorithms import Algorithm, by_name
from cofil._progress import Progress, hear
from cofil._ratings import ratings
from cofil._reports import Board, Study

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from cofil._options import ProtocolOptions


def compare(
    train: Any,
    test: Any,
    *,
    given: Any = None,
    algorithms: Iterable[str | Algorithm] | None = None,
    metrics: str | Sequence[str] | None = None,
    tune: int | None = None,
    parallel: int | None = None,
    limit: float | None = None,
    progress: Progress = False,
    **options: Unpack[ProtocolOptions],
) -> Board:
    """Trains algorithms on `train` and evaluates them alike on `test`; all of them by default.

    With `tune`, the settings of each are searched first, in that many trials on a tenth of the training data. `limit`
    is the time in seconds for each search and each training.
    """
    chosen = None if algorithms is None else [_named(algorithm) for algorithm in algorithms]
    settings = {"metrics": metrics, **options}
    contest = {"tune": tune, "parallel": parallel, "limit": limit}
    histories = None if given is None else ratings(given)._inner
    train, test = ratings(train)._inner, ratings(test)._inner
    return Board(_cofil.compare(train, test, histories, chosen, settings, contest, hear(progress)))


def tune(
    train: Any,
    algorithm: str | Algorithm,
    *,
    trials: int | None = None,
    metric: str | None = None,
    valid: float | Any = None,
    ranges: Mapping[str, Sequence[Any]] | None = None,
    method: str | None = None,
    halving: int | None = None,
    judged: int | None = None,
    parallel: int | None = None,
    limit: float | None = None,
    seed: int = 0,
    progress: Progress = False,
) -> Study:
    """Searches for the best settings; those given with the algorithm stay fixed.

    `valid` is the share of `train` that trials are evaluated on, or ratings. `ranges` replaces the ranges of settings:
    a tuple `(low, high)` or `(low, high, "log")`, or a list of values to choose from.
    """
    name, settings = _named(algorithm)
    options = {
        "trials": trials, "metric": metric, "seed": seed, "method": method, "halving": halving, "judged": judged,
        "parallel": parallel, "limit": limit, "valid": valid if isinstance(valid, float) else None,
        "ranges": [_range(setting, values) for setting, values in (ranges or {}).items()],
    }
    held_out = None if valid is None or isinstance(valid, float) else ratings(valid)._inner
    return Study(_cofil.search(ratings(train)._inner, name, settings, options, held_out, hear(progress)))


def _named(algorithm: str | Algorithm) -> tuple[str, dict[str, Any]]:
    if isinstance(algorithm, Algorithm):
        return algorithm._name, algorithm._given
    return by_name(algorithm)._name, {}


def _range(setting: str, values: Sequence[Any]) -> dict[str, Any]:
    if not isinstance(values, tuple):
        return {"setting": setting, "values": {"choice": list(values)}}
    if len(values) not in (2, 3) or values[2:] not in ((), ("log",)):
        raise ValueError(f"the range of {setting} is (low, high) or (low, high, 'log'), or a list of values")
    low, high = values[:2]
    kind = "whole" if isinstance(low, int) and isinstance(high, int) else "real"
    return {"setting": setting, "values": {kind: {"low": low, "high": high, "log": len(values) == 3}}}
