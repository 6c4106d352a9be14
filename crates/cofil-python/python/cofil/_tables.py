"""Results: small objects around one Arrow table."""

from __future__ import annotations

import operator
from collections import namedtuple
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from cofil._cofil import Frame
from cofil._errors import KindError, NotFoundError
from cofil._input import a

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars
    import pyarrow
    from typing_extensions import Self

# Rows of a table that are shown, and rows that are Python objects at once.
SHOWN, PART = 10, 1 << 14


class Table:
    """A table of results. Iteration yields rows with a field per column; `table["score"]` is a column, `table[0]` a row, and
    `table[:5]` a table of the first rows.

    Any library with Arrow's PyCapsule interface reads it without a copy: `polars.DataFrame(table)`,
    `pyarrow.table(table)`, `duckdb.sql("select * from table")`.
    """

    # No `Sequence`: polars would take it row by row, not by Arrow.

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._frame.names()

    def __len__(self) -> int:
        return len(self._frame)

    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> Self: ...
    @overload
    def __getitem__(self, key: SupportsIndex) -> Any: ...
    def __getitem__(self, key: Any) -> Any:
        """A row by its position, a table of some rows by a slice, or a column by its name."""
        if isinstance(key, str):
            return self._column(key)
        if isinstance(key, slice):
            return self._part(key)
        try:
            at = operator.index(key)
        except TypeError:
            raise KindError(
                f"a row has a number and a column a name, but {a(key)} is neither; to choose several, take "
                "to_pandas() or to_polars() of the table first"
            ) from None
        at = at + len(self) if at < 0 else at
        if not 0 <= at < len(self):
            raise IndexError(f"row {key} of {len(self)}")
        return _rows(self._frame.slice(at, 1))[0]

    def _part(self, rows: slice) -> Self:
        """Some of the rows; what stands beside the table is that of the whole."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._frame = _cut(self._frame, rows)
        return made

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), PART):
            yield from _rows(self._frame.slice(start, PART))

    def _column(self, name: str) -> Any:
        at = self.columns.index(name) if name in self.columns else None
        if at is None:
            raise NotFoundError(f"there is no column {name!r}; the columns are {', '.join(self.columns)}")
        numbers = self._frame.numpy(at)
        if numbers is None:
            return self._frame.list(at)
        return numbers.view("datetime64[s]") if self._frame.kind(at) == "time" else numbers

    def to_arrow(self) -> pyarrow.Table:
        """The table in pyarrow, without a copy."""
        import pyarrow

        return pyarrow.table(self)

    def to_polars(self) -> polars.DataFrame:
        """The table in polars, without a copy where polars has the type."""
        import polars

        kinds = {name: self._frame.kind(at) for at, name in enumerate(self.columns)}
        # polars has no type for UUIDs: they are text there.
        texts = {name: [str(id) for id in self[name]] for name, kind in kinds.items() if kind == "uuid"}
        made = polars.DataFrame(self).with_columns(**{name: polars.Series(ids) for name, ids in texts.items()})
        categories = [name for name, kind in kinds.items() if kind == "category"]
        return made.with_columns(polars.col(name).cast(polars.Categorical) for name in categories)

    def to_pandas(self) -> pandas.DataFrame:
        """The table in pandas; ids have the type that went in. pyarrow is not needed."""
        import pandas

        columns: dict[str, Any] = {}
        for at, name in enumerate(self.columns):
            kind, numbers = self._frame.kind(at), self._frame.numpy(at)
            if kind == "category":
                codes, texts = self._frame.categories(at)
                columns[name] = pandas.Categorical.from_codes(codes, texts)
            elif kind == "time":
                columns[name] = pandas.to_datetime(self._frame.list(at), unit="s", utc=True)
            elif numbers is not None:
                columns[name] = numbers
            elif kind == "number":
                columns[name] = pandas.array(self._frame.list(at), dtype="float64")
            elif kind == "text" and not len(self):
                columns[name] = pandas.Series([], dtype="str")
            else:
                columns[name] = self._frame.list(at)
        return pandas.DataFrame(columns)

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns as lists."""
        return {name: self._frame.list(at) for at, name in enumerate(self.columns)}

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._frame.__arrow_c_schema__()

    def __reduce__(self) -> Any:
        """For other processes: the columns, and what stands beside them."""
        state = {name: of for name, of in self.__dict__.items() if name != "_frame"}
        return _remade, (type(self), self.columns, _columns(self._frame), state)

    def _head(self) -> Frame:
        """The rows that are shown."""
        return self._frame.slice(0, SHOWN)

    def _heading(self) -> str:
        """What is shown above the table."""
        return ""

    def __repr__(self) -> str:
        head = self._head()
        rows = [head.names(), *([_shown(cell) for cell in row] for row in _rows(head))]
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        if len(self) > SHOWN:
            lines.append(f"… {len(self):,} rows")
        heading = self._heading()
        return "\n".join([heading, *lines] if heading else lines)

    def _repr_html_(self) -> str:
        from html import escape

        shown = self._head()
        head = "".join(f"<th>{escape(name)}</th>" for name in shown.names())
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_shown(cell))}</td>" for cell in row) + "</tr>"
            for row in _rows(shown)
        )
        more = f"<p>… {len(self):,} rows</p>" if len(self) > SHOWN else ""
        heading = self._heading()
        above = f"<p>{escape(heading)}</p>" if heading else ""
        return f"{above}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _columns(frame: Frame) -> list[Any]:
    """The columns in the forms that a frame is made of."""
    columns: list[Any] = []
    for at in range(len(frame.names())):
        kind, numbers = frame.kind(at), frame.numpy(at)
        if kind == "category":
            columns.append(frame.categories(at))
        elif numbers is None:
            columns.append(frame.list(at))
        else:
            columns.append(numbers.view("datetime64[s]") if kind == "time" else numbers)
    return columns


def _cut(frame: Frame, rows: slice) -> Frame:
    chosen = range(*rows.indices(len(frame)))
    # An empty list would lose the type of a column.
    if chosen.step == 1 or not chosen:
        return frame.slice(chosen.start, len(chosen))
    columns = (column if isinstance(column, tuple) else (column,) for column in _columns(frame))
    cut = [(first[rows], *texts) for first, *texts in columns]
    return Frame(frame.names(), [column if len(column) > 1 else column[0] for column in cut])


def _remade(kind: type[Table], names: list[str], columns: list[Any], state: dict[str, Any]) -> Table:
    made = kind.__new__(kind)
    made._frame = Frame(names, columns)
    made.__dict__.update(state)
    return made


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    # Scores of 0 that differ only to keep their order.
    if isinstance(cell, float) and -1e-6 < cell < 0:
        return "0"
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def lines_html(lines: Iterable[tuple[str, str]]) -> str:
    """Names and values below each other, for notebooks."""
    from html import escape

    rows = (f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in lines)
    return f"<table>{''.join(rows)}</table>"


@lru_cache
def _row(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)


def _rows(frame: Frame) -> list[Any]:
    row = _row(tuple(frame.names()))
    columns = [frame.list(at) for at in range(len(frame.names()))]
    return [row(*cells) for cells in zip(*columns)]


class Recommendations(Table):
    """A list of items, best first: `rank`, `item`, `title` if the model has titles, and `score`; for many users also
    `user`, one list after another.

    `basis` says what the list is based on: `learned` (a known user), `folded-in` (the history given) or `popular`;
    `reason` why it is popular. Ids that the model does not know were skipped and are in `unknown`.
    """

    def __init__(self, frame: Frame, about: dict[str, Any]) -> None:
        super().__init__(frame)
        self.basis: str | None = about.get("basis")
        self.reason: str | None = about.get("reason")
        self.unknown: list[Any] = about["unknown"]
        self.note: str | None = about.get("note")
        self.because: list[list[dict[str, Any]]] = [
            entry.get("because", []) for entry in about.get("items", [])
        ]

    def _part(self, rows: slice) -> Self:
        made = super()._part(rows)
        # The reasons stand beside the rows.
        made.because = self.because[rows]
        return made

    def _heading(self) -> str:
        if not len(self):
            return "no item is left: the user has all that the model knows, or all that are asked for"
        return f"the most popular items, because {self.reason}" if self.reason else ""


class Predictions(Table):
    """A prediction for each pair, in the order of the pairs, and the ids that the model does not know (`unknown`)."""

    def __init__(self, frame: Frame, unknown: list[Any]) -> None:
        super().__init__(frame)
        self.unknown = unknown

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> numpy.ndarray[Any, Any]:
        """The predictions; NaN where there is none."""
        import numpy

        return numpy.array(self._frame.list(self.columns.index("prediction")), dtype=dtype or "float32")


class Explanation(Table):
    """The breakdown of a score: score = base + Σ contribution + rest. One row per item of the history."""

    def __init__(self, frame: Frame, about: dict[str, Any]) -> None:
        super().__init__(frame)
        self.item: str = about["item"]
        self.score: float = about["score"]
        self.base: float = about["base"]
        self.rest: float = about["rest"]
        self.basis: str = about["basis"]
        self.reason: str | None = about["reason"]
        self.method: str = about["method"]
        self.unknown: list[Any] = about["unknown"]

    def _heading(self) -> str:
        return f"score {self.score:.6g} = base {self.base:.6g} + contributions + rest {self.rest:.6g}"


class Interview(Table):
    """The list after the answers so far. `questions` are the items to ask about next, most informative first."""

    def __init__(self, frame: Frame, about: dict[str, Any], questions: list[Any]) -> None:
        super().__init__(frame)
        self.questions = questions
        self.strategy: str = about["strategy"]
        self.history: list[dict[str, Any]] = about["history"]
        self.unknown: list[Any] = about["unknown"]
