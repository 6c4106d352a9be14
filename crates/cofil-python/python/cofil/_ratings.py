"""Tables of interactions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cofil import _cofil
from cofil._errors import SettingError, note
from cofil._input import by_label, collected, moment, table
from cofil._input import seed as checked
from cofil._progress import Progress, hear
from cofil._reports import Description
from cofil._tables import SHOWN, Table, _cut

if TYPE_CHECKING:
    import os
    from datetime import date

    from typing_extensions import Unpack

    from cofil._options import ReadOptions

    class Split(tuple["Ratings", "Ratings"]):
        given: Ratings | None
        report: dict[str, Any]

else:

    class Split(tuple):
        """A training set and a test set; `given` holds the histories of held-out users, `report` the numbers."""


class Ratings(Table):
    """Who rated, bought or clicked what: one row per interaction.

    `data` is a path, anything with Arrow's PyCapsule interface (polars, pandas, pyarrow, DuckDB …), a dictionary of
    columns, a NumPy array, a SciPy sparse matrix with `users=` and `items=` (the ids of its rows and columns), rows as
    tuples, dictionaries or dataclasses, or an iterator over parts of a table, such as `pandas.read_csv` with `chunksize=`. Columns are found by their names, or named: `user=`,
    `item=`, `value=`, `time=`. Ids may be text, integers, UUIDs or categories, and come back as they went in.

    Columns of tuples and arrays without names are found as in a file without a header; the fields of named tuples and
    the index of a pandas table with `shape="matrix"`, which holds its users, have names. What the reader guessed or
    left out is a `ReadWarning`.

    Raises `SettingError` for an unknown option, `DataError` for columns that do not exist and rows that cannot be read.
    """

    def __init__(
        self,
        data: Any,
        *,
        users: Any = None,
        items: Any = None,
        progress: Progress = False,
        **options: Unpack[ReadOptions],
    ) -> None:
        known = False
        if isinstance(data, Ratings):
            # Cleaned as before, but for what is given here.
            options = {**data._inner.settings(), **data._named(), **options}  # type: ignore[typeddict-item]
            data, known = data._inner.frame(), True
        data = collected(data)
        source = table(data, users, items, options)
        as_categories = not hasattr(data, "tocoo")
        self._hold(_cofil.Ratings.read(source, by_label(data, dict(options)), as_categories, hear(progress)))
        if not known:
            note([*self._inner.notes(), *(zeros(self._inner, options) if options.get("shape") == "matrix" else ())])

    def _hold(self, inner: _cofil.Ratings) -> None:
        self._inner = inner
        self._made: _cofil.Frame | None = None

    @property
    def _frame(self) -> _cofil.Frame:  # type: ignore[override]
        if self._made is None:
            self._made = self._inner.frame()
        return self._made

    @classmethod
    def _of(cls, inner: _cofil.Ratings) -> Ratings:
        made = cls.__new__(cls)
        made._hold(inner)
        return made

    def __len__(self) -> int:
        return len(self._inner)

    @property
    def users(self) -> list[Any]:
        """The ids of the users, in the order of their first rows."""
        return self._inner.ids(True).list(0)

    @property
    def items(self) -> list[Any]:
        """The ids of the items, in the order of their first rows."""
        return self._inner.ids(False).list(0)

    @property
    def read_as(self) -> str:
        """How the table was read: format and columns."""
        return self._inner.read_as()

    @property
    def cleaning(self) -> list[str]:
        """What cleaning does to the table before it is used, in sentences."""
        return self._inner.cleaning()

    @property
    def fingerprint(self) -> str:
        """The digest of ids, values and times, as the card of a model has it."""
        return self._inner.fingerprint()

    def describe(self) -> Description:
        """Size, values, times, problems, and which algorithms suit the table."""
        return Description(self._inner.describe())

    def split(
        self,
        by: str | None = None,
        *,
        test: float | int | None = None,
        seed: int = 0,
        start: str | int | date | None = None,
        target: float | int | None = None,
    ) -> Split:
        """Splits into a training set and a test set: `train, test = ratings.split(by="last")`.

        `by` is `random`, `user-random`, `last`, `time` or `users`. `test` is a share or a number: of the interactions,
        of each user's, or of the users. `start` is the time at which the test set begins: seconds since 1970, ISO
        8601, or a date; `target` the share of each held-out user's interactions to predict.
        """
        if by == "kfold":
            raise SettingError("kfold makes several splits: take them from ratings.folds(5)")
        settings = {"by": by, "test": test, "seed": seed, "from": moment(start), "target": target}
        return self._split(settings)[0]

    def folds(self, folds: int | None = None, *, seed: int = 0) -> list[Split]:
        """Splits for cross-validation: each interaction is in the test set of one of them."""
        return self._split({"by": "kfold", "folds": folds, "seed": seed})

    def _split(self, settings: dict[str, Any]) -> list[Split]:
        splits = []
        for train, given, test, report in self._inner.split({**settings, "seed": checked(settings["seed"])}):
            split = Split((Ratings._of(train), Ratings._of(test)))
            split.given = None if given is None else Ratings._of(given)
            split.report = report
            splits.append(split)
        return splits

    def _part(self, rows: slice) -> Ratings:
        """Some of the rows, cleaned as the whole is."""
        return _rebuilt(plain_columns(_cut(self._frame, rows)), None, {**self._inner.settings(), **self._named()})

    def __reduce__(self) -> Any:
        """For other processes: the rows and the numbers of ids as they are, and how they are cleaned."""
        known = (plain(self._inner.ids(True)), plain(self._inner.ids(False)))
        return _rebuilt, (plain_columns(self._frame), known, {**self._inner.settings(), **self._named()})

    def _named(self) -> dict[str, str]:
        """The columns as options."""
        value, time = self._inner.has_values(), "time" in self.columns
        return {"user": "user", "item": "item", "value": "value" if value else "none", "time": "time" if time else "none"}

    def _head(self) -> _cofil.Frame:
        return self._inner.frame(SHOWN)

    def _heading(self) -> str:
        sizes = zip((len(self), *self._inner.shape()), ("interaction", "user", "item"))
        heading = ", ".join(f"{n:,} {what}{'' if n == 1 else 's'}" for n, what in sizes)
        settings = self._inner.settings()
        cleans = settings["implicit"] or settings["threshold"] is not None or max(settings["min_user"], settings["min_item"]) > 1
        return f"{heading}; before use: {' '.join(self.cleaning)}" if cleans and self.cleaning else heading


def zeros(rows: _cofil.Ratings, options: ReadOptions) -> Iterator[str]:
    """The doubt that cells of 0 in a matrix are pairs that nobody rated or counted, as tables with filled cells have them."""
    frame = rows.frame()
    value = frame.numpy(frame.names().index("value"))
    empty, (users, items) = int((value == 0).sum()), rows.shape()
    cells = users * items
    # Below 0 there are dislikes, and 0 lies between; a threshold above 0 drops it.
    if empty and value.min() == 0 and max(2 * empty, len(value) + 1) > cells and not (options.get("threshold") or 0) > 0:
        yield (
            f'0 in {empty:,} of {cells:,} cells of the matrix probably means "no rating", but each of them counts as an '
            "interaction; leave them out with missing=0"
        )


def plain(frame: _cofil.Frame, at: int = 0, as_array: bool = True) -> Any:
    """A column in a form that can be pickled and read again."""
    if frame.kind(at) == "category":
        return frame.categories(at)
    numbers = frame.numpy(at) if as_array else None
    return frame.list(at) if numbers is None else numbers


def plain_columns(frame: _cofil.Frame) -> dict[str, Any]:
    return {name: plain(frame, at, name != "time") for at, name in enumerate(frame.names())}


def _rebuilt(columns: dict[str, Any], known: tuple[Any, Any] | None, options: dict[str, Any]) -> Ratings:
    frame = _cofil.Frame(list(columns), list(columns.values()))
    return Ratings._of(_cofil.Ratings.read(frame, options, known=known))


def read(
    path: str | os.PathLike[str], *, progress: Progress = False, **options: Unpack[ReadOptions]
) -> Ratings:
    """Reads a file or folder: delimited text, JSON lines, Parquet or Arrow, compressed or not; all of it is detected.

    Raises `DataError` with the line at fault, `IoError` if the file cannot be read.
    """
    return Ratings(path, progress=progress, **options)


def sample() -> Ratings:
    """The bundled sample: which package of Debian needs which, 123,648 interactions."""
    return Ratings(_cofil.sample())


def ratings(data: Any) -> Ratings:
    """Takes ratings, or reads them."""
    return data if isinstance(data, Ratings) else Ratings(data)
