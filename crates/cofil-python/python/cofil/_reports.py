"""Reports: evaluations, comparisons, searches and descriptions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, SupportsIndex, overload

from cofil._cofil import Frame
from cofil._errors import NotFoundError
from cofil._tables import Table, lines_html

if TYPE_CHECKING:
    from typing_extensions import Self

    from cofil._algorithms import Algorithm

    # Any other name is that of a metric.
    Column = Literal["metric", "value", "low", "high", "users", "max", "popularity", "random"]


class Measure(NamedTuple):
    """The value of a metric, its 95 % interval (`low`, `high`), the number of users, and the best possible value."""

    metric: str
    value: float
    low: float | None
    high: float | None
    users: int
    max: float | None


def measures(of: dict[str, dict[str, Any]]) -> dict[str, Measure]:
    return {
        metric: Measure(metric, *(entry.get(field) for field in Measure._fields[1:]))  # type: ignore[arg-type]
        for metric, entry in of.items()
    }


class Report(Table):
    """The result of an evaluation: `report["ndcg@10"].value`. One row per metric, with the baselines beside it.

    `baselines["popularity"]["ndcg@10"].value` is what recommending the most popular items gives.
    """

    def __init__(self, about: dict[str, Any]) -> None:
        self.metrics = measures(about["metrics"])
        self.baselines = {name: measures(of) for name, of in about["baselines"].items()}
        self.warnings: list[str] = about["warnings"]
        self.users: int = about["users"]
        self.about = about
        """Everything the library reports, as in the command's JSON."""
        rows = list(self.metrics.values())
        columns = {field: [getattr(row, field) for row in rows] for field in Measure._fields}
        for name, of in self.baselines.items():
            columns[name] = [of[row.metric].value if row.metric in of else None for row in rows]
        super().__init__(Frame(list(columns), list(columns.values())))

    def _heading(self) -> str:
        return "\n".join(f"warning: {warning}" for warning in self.warnings)

    # Narrower than that of a table: a text is the name of a metric first.
    @overload  # type: ignore[override]
    def __getitem__(self, key: Column) -> Any: ...
    @overload
    def __getitem__(self, key: str) -> Measure: ...
    @overload
    def __getitem__(self, key: slice) -> Self: ...
    @overload
    def __getitem__(self, key: SupportsIndex) -> Any: ...
    def __getitem__(self, key: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The measure of a metric, or what `Table` has."""
        if isinstance(key, str) and key not in self.metrics and key not in self.columns:
            names = ", ".join(self.metrics)
            raise NotFoundError(f"the evaluation has no metric {key!r}; it has {names}, and `metrics=` names others")
        return self.metrics[key] if isinstance(key, str) and key in self.metrics else super().__getitem__(key)


class Board(Table):
    """The result of a comparison, best first. `best` is the best algorithm with its settings, to be trained.

    One row per algorithm and per baseline that is none of them: the metrics; `low` and `high`, the 95 % interval of the
    first; `effect` and `p` of the difference from the best; the seconds of training. `failures` are the algorithms that
    could not be trained, and why; `warnings` what to know about the values.
    """

    def __init__(self, about: dict[str, Any], seed: int = 0) -> None:
        self.about = about
        """Everything the library reports, as in the command's JSON."""
        self.conclusion: str | None = about["conclusion"]
        self.failures: dict[str, str] = {failure["algorithm"]: failure["error"] for failure in about["failures"]}
        self.reports: dict[str, Report] = {entry["name"]: Report(entry) for entry in about["entries"]}
        self.algorithms: dict[str, Algorithm] = {entry["name"]: algorithm(entry["algorithm"], seed) for entry in about["entries"]}
        told = (warning for report in self.reports.values() for warning in report.warnings)
        self.warnings: list[str] = list(dict.fromkeys(told))
        baselines = next((report.baselines for report in self.reports.values() if report.baselines), {})
        rows = {name: report.metrics for name, report in self.reports.items()}
        rows.update((name, of) for name, of in baselines.items() if name not in rows)
        columns: dict[str, list[Any]] = {"algorithm": list(rows)}
        for metric in about["metrics"]:
            columns[metric] = [of[metric].value if metric in of else math.nan for of in rows.values()]
        first = about["metrics"][0]
        for end in ("low", "high"):
            columns[end] = [getattr(of[first], end) if first in of else None for of in rows.values()]
        rest = [None] * (len(rows) - len(self.reports))
        differences = [None, *about["differences"], *rest][: len(rows)]
        for field in ("effect", "p"):
            columns[field] = [None if one is None else one[field] for one in differences]
        columns["seconds"] = [*(entry["seconds"]["fit"] for entry in about["entries"]), *rest]
        columns = {name: cells for name, cells in columns.items() if name in ("algorithm", first) or any(c is not None for c in cells)}
        super().__init__(Frame(list(columns), list(columns.values())))

    @property
    def best(self) -> Algorithm:
        """The best algorithm with its settings."""
        return next(iter(self.algorithms.values()))

    def _heading(self) -> str:
        failed = [f"{name} was left out: {error}" for name, error in self.failures.items()]
        warned = [f"warning: {warning}" for warning in self.warnings]
        return "\n".join([self.conclusion or "", *warned, *failed]).strip()


class Study(Table):
    """The result of a search. `best` is the algorithm with the best settings, `value` its metric on the validation set.
    One row per trial.
    """

    def __init__(self, about: dict[str, Any], seed: int = 0) -> None:
        self.about = about
        """Everything the library reports, as in the command's JSON."""
        self.metric: str = about["metric"]
        self.best = algorithm(about["algorithm"], seed)
        trials = about["trials"]
        self.value: float = trials[about["best"]]["value"]
        columns: dict[str, list[Any]] = {"trial": [trial["number"] + 1 for trial in trials]}
        columns[self.metric] = [trial["value"] for trial in trials]
        columns["epochs"] = [trial["epochs"] for trial in trials]
        columns["seconds"] = [trial["seconds"] for trial in trials]
        for setting in dict.fromkeys(setting for trial in trials for setting in trial["settings"]):
            cells = [trial["settings"].get(setting) for trial in trials]
            columns[setting] = [cell if isinstance(cell, (int, float, type(None))) else str(cell) for cell in cells]
        super().__init__(Frame(list(columns), list(columns.values())))

    def _heading(self) -> str:
        return f"{self.best!r}: {self.metric} {self.value:.4f} on the validation set"


class Reproduction(Table):
    """The results of a published experiment next to the published values; `verdict` is the worst of all verdicts.

    One row per algorithm and metric: `mean` over the seeds, `low` and `high` its 95 % interval over the test users, and
    `published`, the condition for the verdict `reached`.
    """

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        """Everything the library reports, as in the command's JSON."""
        self.title: str = about["title"]
        self.verdict: str = about["verdict"]
        rows = about["rows"]
        columns = {"algorithm": [row["recipe"] for row in rows], "metric": [row["metric"] for row in rows]}
        columns["published"] = [(row.get("published") or {}).get("wanted") for row in rows]
        for name in ("mean", "low", "high", "verdict"):
            columns[name] = [row.get(name) for row in rows]
        super().__init__(Frame(list(columns), list(columns.values())))

    def _heading(self) -> str:
        return f"{self.title}: {self.verdict}"


def algorithm(settings: dict[str, Any], seed: int) -> Algorithm:
    """The algorithm with all its settings."""
    from cofil._algorithms import by_name

    return by_name(settings["algorithm"])(seed=seed, **{k: v for k, v in settings.items() if k != "algorithm"})


class Description:
    """What is in a table of interactions: its size, values and times, warnings, and which algorithms suit it."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        """Everything the library reports, as in the command's JSON."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["about"][name]
        except KeyError:
            raise AttributeError(f"a description has no {name!r}", name=name, obj=self) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.about]

    def _lines(self) -> Iterator[tuple[str, str]]:
        about = self.about
        yield "interactions", f"{about['interactions']:,} of {about['users']:,} users and {about['items']:,} items"
        yield "density", f"{about['density']:.2%} of all pairs"
        if repeated := about["duplicates"]["rows"]:
            yield "repeated", f"{repeated:,} rows repeat a pair"
        for name, title in (("per_user", "per user"), ("per_item", "per item")):
            spread = about[name]
            yield title, f"{spread['min']:,} to {spread['max']:,}, half at most {spread['median']:,}"
        if times := about["times"]:
            first, last = (datetime.fromtimestamp(times[end], timezone.utc).date() for end in ("first", "last"))
            yield "times", f"{first} to {last}"
        yield "values", about["verdict"]["kind"]
        for warning in about["warnings"]:
            yield "warning", warning
        for metric in about["verdict"]["metrics"]:
            yield "metric", f"{metric['name']}: {metric['why']}"
        split = about["verdict"]["split"]
        yield "split", f"{split['name']}: {split['why']}"
        advice = about["advice"]
        yield "algorithm", f"{advice['algorithm']['algorithm']}: {advice['reason']}"
        for other in advice["alternatives"]:
            yield "or", f"{other['algorithm']}: {other['reason']}"

    def __repr__(self) -> str:
        return "\n".join(f"{name:14} {value}" for name, value in self._lines())

    def _repr_html_(self) -> str:
        return lines_html(self._lines())
