"""Comparisons and searches."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cofil import _cofil
from cofil._algorithms import Algorithm, is_share, named
from cofil._errors import KindError, SettingError
from cofil._input import path
from cofil._input import seed as checked
from cofil._progress import Progress, hear
from cofil._ratings import ratings
from cofil._cofil import Frame
from cofil._reports import Board, Reproduction, Study
from cofil._tables import Table

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from cofil._algorithms import AlgorithmLike
    from cofil._options import ProtocolOptions


def compare(
    train: Any,
    test: Any,
    *,
    given: Any = None,
    algorithms: AlgorithmLike | Iterable[AlgorithmLike] | None = None,
    metrics: str | Sequence[str] | None = None,
    tune: int | None = None,
    parallel: int | None = None,
    limit: float | None = None,
    journal: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Progress = False,
    **options: Unpack[ProtocolOptions],
) -> Board:
    """Trains algorithms on `train` and evaluates them alike on `test`; all of them by default.

    With `tune`, the settings of each are searched first, in that many trials on a tenth of the training data. `limit`
    is the time in seconds for each search and each training. `journal` is a folder that keeps finished trials: with
    `resume`, a search that was interrupted continues from them.
    """
    if isinstance(algorithms, (str, Algorithm, type)):
        algorithms = [algorithms]
    entrants = None if algorithms is None else list(algorithms)
    chosen = None if entrants is None else [named(entrant)[:2] for entrant in entrants]
    seeds = {entrant.seed for entrant in entrants or () if isinstance(entrant, Algorithm) and entrant.seed}
    if len(seeds) > 1 and "seed" not in options:
        raise SettingError(f"the algorithms have different seeds ({seeds}), but all are trained with one: give seed=")
    seed = checked(options.get("seed") or next(iter(seeds), 0))
    settings = {"metrics": metrics, **options, "seed": seed}
    contest = {"tune": tune, "parallel": parallel, "limit": limit, "journal": optional(journal), "resume": resume}
    histories = None if given is None else ratings(given)._inner
    train, test = ratings(train)._inner, ratings(test)._inner
    about = _cofil.compare(train, test, histories, chosen, settings, contest, hear(progress))
    board = Board(about, seed)
    for name, error in board.failures.items():
        warnings.warn(f"{name} was left out: {error}", stacklevel=2)
    return board


def tune(
    train: Any,
    algorithm: AlgorithmLike,
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
    seed: int | None = None,
    journal: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Progress = False,
) -> Study:
    """Searches for the best settings; those given with the algorithm stay fixed, and its seed is that of the search.

    `valid` is the share of `train` that trials are evaluated on, or ratings. `ranges` replaces the ranges of settings:
    a tuple `(low, high)` or `(low, high, "log")`, or a list of values to choose from. `journal` is a file that keeps finished trials: with
    `resume`, an interrupted search continues from them and finds the same as an uninterrupted one, and with more
    `trials` a finished one goes on.
    """
    name, settings, own = named(algorithm)
    chosen = own if seed is None else checked(seed)
    options = {
        "trials": trials, "metric": metric, "seed": chosen, "method": method, "halving": halving, "judged": judged,
        "parallel": parallel, "limit": limit, "journal": optional(journal), "resume": resume, "valid": valid if is_share(valid) else None,
        "ranges": [_range(setting, values) for setting, values in (ranges or {}).items()],
    }
    held_out = None if valid is None or is_share(valid) else ratings(valid)._inner
    return Study(_cofil.search(ratings(train)._inner, name, settings, options, held_out, hear(progress)), chosen)


def experiments() -> Table:
    """The published experiments that `reproduce` repeats: name, what was published, and the files that it needs."""
    all = _cofil.experiments()
    files = [", ".join(names[0] for names in about["files"]) for about in all]
    columns = {"experiment": [about["name"] for about in all], "title": [about["title"] for about in all], "files": files}
    return Table(Frame(list(columns), list(columns.values())))


def reproduce(
    experiment: str,
    *,
    data: str | os.PathLike[str] = ".",
    seeds: int = 3,
    quick: bool = False,
    progress: Progress = False,
) -> Reproduction:
    """Repeats a published experiment and compares the results with the published values.

    `data` is the folder of its data set, `seeds` the number of repetitions. With `quick`, one seed and few epochs: a
    trial run, whose numbers mean nothing. Raises `DataError` if a file is missing, and says where it is published.
    """
    return Reproduction(_cofil.reproduce(experiment, path(data), seeds, quick, hear(progress)))


def optional(of: str | os.PathLike[str] | None) -> str | None:
    return None if of is None else path(of)


def _range(setting: str, values: Sequence[Any]) -> dict[str, Any]:
    if isinstance(values, (str, Mapping)):
        raise KindError(f"the range of {setting} is (low, high) or (low, high, 'log'), or a list of values")
    if not isinstance(values, tuple):
        return {"setting": setting, "values": {"choice": list(values)}}
    if len(values) not in (2, 3) or values[2:] not in ((), ("log",)):
        raise SettingError(f"the range of {setting} is (low, high) or (low, high, 'log'), or a list of values")
    low, high = values[:2]
    kind = "whole" if isinstance(low, int) and isinstance(high, int) else "real"
    return {"setting": setting, "values": {kind: {"low": low, "high": high, "log": len(values) == 3}}}
