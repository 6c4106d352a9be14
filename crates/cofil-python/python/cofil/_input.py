"""Input: from what people have to what the extension reads."""

from __future__ import annotations

import itertools
import operator
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any

from cofil import _cofil
from cofil._cofil import Frame
from cofil._errors import DataError, Error, KindError, SettingError

# The usual columns, in their order.
NAMES = ("user", "item", "value", "time")

# Rows that tell what a column holds.
SAMPLE = 100

# The types of the content of a file.
BYTES = (bytes, bytearray, memoryview)

# What pandas calls an index without a name when it writes it.
INDEX = "__index_level_0__"

# What gives the rows of a file or dataset of pyarrow that is no iterator itself.
BATCHES = ("iter_batches", "to_batches", "read_all")

# Types of polars that others cannot read from it.
POLARS_ALONE = ("Object", "Null", "Int128", "UInt128")


def name(of: object) -> str:
    """The name of an id, as the library writes it."""
    if isinstance(of, str):
        return str(of)
    if isinstance(of, bytes):
        # As in tables.
        return of.decode(errors="backslashreplace")
    kind = type(of).__name__
    if isinstance(of, bool) or kind in ("bool", "bool_"):
        raise KindError(f"{of!r} is not an id; ids are text, integers or UUIDs")
    if kind == "UUID":
        return str(of)
    if isinstance(of, float) and of.is_integer():
        return str(int(of))
    try:
        return str(operator.index(of))  # type: ignore[arg-type]
    except TypeError:
        raise KindError(f"{of!r} is not an id; ids are text, integers or UUIDs") from None


def path(of: Any) -> str:
    """A path as text."""
    if not isinstance(of, (str, os.PathLike)):
        given = "bytes; Model.from_bytes takes those of a model" if isinstance(of, BYTES) else a(of)
        raise KindError(f"a path is text or a pathlib.Path, not {given}")
    return os.fsdecode(of)


def table(data: Any, users: Any = None, items: Any = None, options: Mapping[str, Any] = {}) -> Any:  # noqa: B006
    """A path, Arrow data, or an iterator over Arrow data, for the reader with these options."""
    if hasattr(data, "tocoo"):
        return matrix(data, users, items)
    if users is not None or items is not None:
        raise KindError("users= and items= name the rows and columns of a sparse matrix; this is a table")
    if isinstance(data, (str, os.PathLike)):
        return path(data)
    if isinstance(data, BYTES):
        raise KindError("bytes are no table; give the path of the file, or read it with pandas or polars")
    if is_of(data, "pandas", "DataFrame"):
        return pandas_table(data, options)
    if is_of(data, "pandas", "Series") or is_of(data, "polars", "Series"):
        raise KindError("a Series is one column; a table of interactions has users and items: give a DataFrame")
    data = collected(data)
    names = getattr(data, "column_names", getattr(data, "columns", None))
    if isinstance(names, Sized):
        check_any(names)
    if is_of(data, "polars", "DataFrame") and any(str(kind) in POLARS_ALONE for kind in data.dtypes):
        return Frame.input(data.columns, [column(data[name]) for name in data.columns])
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return data
    if isinstance(data, Mapping):
        check_columns(data, options)
        return Frame.input([str(name) for name in data], [column(values) for values in data.values()])
    if hasattr(data, "dtype") and hasattr(data, "ndim"):
        return array(data)
    if hasattr(data, "columns"):
        return other_frame(data)
    # Readers of pandas have `read` and `close` too, but no lines: they are iterators over parts.
    if hasattr(data, "readline"):
        raise KindError("an open file is no table; give its path, or read it with pandas or polars")
    if batches := next((getattr(data, name) for name in BATCHES if hasattr(data, name)), None):
        return table(batches(), options=options)
    if isinstance(data, Iterable):
        return rows_or_parts(iter(data), options)
    raise KindError(f"{a(data)} is not a table of interactions")


def collected(data: Any) -> Any:
    """The rows of a lazy table of polars, which warns where its columns are asked for before."""
    return data.collect() if is_of(data, "polars", "LazyFrame") else data


def is_table(of: Any) -> bool:
    """Whether it has columns, where one of them is asked for."""
    return isinstance(of, Mapping) or is_of(of, "polars", "LazyFrame") or hasattr(of, "columns")


def check_any(names: Sized) -> None:
    if not len(names):
        raise DataError("a table without columns; it needs users and items")


def check_columns(data: Mapping[Any, Any], options: Mapping[str, Any]) -> None:
    """Refuses a dictionary by user, whose lists would be read as columns."""
    told = any(options.get(role) is not None for role in ("user", "item", "shape"))
    if data and not told and not any(_cofil.is_column_name(str(name)) for name in data):
        names = ", ".join(repr(name) for name in itertools.islice(data, 3))
        raise DataError(
            f"a dictionary holds columns, and none of {names} has the name of one: name the columns (user=, item=), or, "
            "if the keys are users, give pairs: ((user, item) for user, items in data.items() for item in items)"
        )


def column(values: Any) -> Any:
    """A column for the extension: Arrow data, a NumPy array or a list."""
    if is_of(values, "pandas", "Series") or is_of(values, "pandas", "Index"):
        return pandas_column(values)
    if is_of(values, "polars", "Series") and str(values.dtype) in POLARS_ALONE:
        return values.to_list()
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        return values
    if is_of(values, "numpy", "ndarray"):
        # The list of a masked array has None where it is masked.
        return values.tolist() if hasattr(values, "mask") else values
    if hasattr(values, "to_numpy"):
        return column(values.to_numpy())
    if hasattr(values, "__array__"):
        import numpy

        return column(numpy.asarray(values))
    if isinstance(values, (set, frozenset)):
        raise KindError("a set has no order; give the column as a list")
    if isinstance(values, Mapping):
        raise KindError("a dictionary is not a column; give a list, such as frame.to_dict('list') of pandas makes")
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise KindError(f"{a(values)} is not a column")
    return list(values)


def ids(of: Any, what: str = "ids") -> list[Any]:
    """Ids one by one, from anything that holds one column of them."""
    if of is None:
        return []
    # NumPy's, pandas' and polars' scalars become Python's.
    listed = getattr(of, "tolist", None) or getattr(of, "to_list", None)
    if isinstance(of, (str, bytes)):
        raise KindError(f"give a list of {what}, not the text {of!r}")
    if is_table(of):
        raise KindError(f"give a list of {what}, not a table")
    if not isinstance(of, Iterable):
        raise KindError(f"give a list of {what}, not {of!r}")
    return list(of if listed is None else listed())


def a(of: object) -> str:
    """The type of an object with its article."""
    kind = type(of).__name__
    # A single letter is spoken by its name.
    vowel = kind in "AEFHILMNORSX" if len(kind) == 1 else kind[0] in "aeioAEIO"
    return f"{'an' if vowel else 'a'} {kind}"


def seed(of: Any) -> Any:
    """A random seed for the library, where a larger number would be a decimal one."""
    if isinstance(of, int) and of >= 1 << 64:
        wrong = SettingError(f"setting `seed`: must be below 2**64, not {of}")
        wrong.setting = "seed"
        raise wrong
    return of


def moment(of: Any) -> Any:
    """A point in time for the library: a number, or text."""
    return of.isoformat() if hasattr(of, "isoformat") else str(of) if type(of).__name__ == "datetime64" else of


def is_of(data: object, library: str, kind: str) -> bool:
    """Whether `data` is a `kind` of a library, which is not imported for it."""
    module = sys.modules.get(library)
    return module is not None and isinstance(data, getattr(module, kind))


class Stream:
    """Arrow data that was already exported."""

    def __init__(self, capsule: object) -> None:
        self.capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.capsule


def pandas_table(frame: Any, options: Mapping[str, Any]) -> Any:
    """By pyarrow, where there is one and it knows the types of the columns; else column by column.

    An index with names is columns, as after `groupby`; one without is the position of the rows, or, in a matrix, the
    users.
    """
    unnamed = [level for level, name in enumerate(frame.index.names) if name is None]
    if len(unnamed) < len(frame.index.names):
        frame = frame.reset_index(level=unnamed, drop=True).reset_index() if unnamed else frame.reset_index()
    elif options.get("shape") == "matrix" and options.get("user") is None:
        frame = with_users(frame)
    else:
        frame = frame.reset_index(drop=True)
    check_any(frame.columns)
    try:
        # Periods would be their numbers, and tuples lists.
        if any(hasattr(kind, "freq") or holds_tuples(frame.iloc[:, at]) for at, kind in enumerate(frame.dtypes)):
            raise TypeError
        return Stream(frame.__arrow_c_stream__())
    except Exception:
        names = [str(name) for name in frame.columns]
        return Frame.input(names, [pandas_column(frame.iloc[:, at]) for at in range(len(names))])


def with_users(frame: Any) -> Any:
    """A matrix with its index as the column that pandas writes; the reader takes it if no other has names of users."""
    if len(frame.index.names) > 1:
        raise DataError("the index of a matrix holds its users, but this one has several levels: name them, or give user=")
    made = frame.set_axis([str(name) for name in frame.columns], axis=1)
    # The rows are only counted, and the first column holds text: the users.
    if type(frame.index).__name__ == "RangeIndex" and len(frame.columns) and not is_number(frame.iloc[:, 0].dtype):
        return made.reset_index(drop=True)
    return made.assign(**{INDEX: frame.index}).reset_index(drop=True)


def is_number(kind: Any) -> bool:
    return getattr(kind, "kind", "O") in "biuf"


def holds_tuples(series: Any) -> bool:
    objects = series.dtype == object
    return objects and isinstance(next((cell for cell in series if cell is not None), None), tuple)


def pandas_column(series: Any) -> Any:
    kind = series.dtype
    if hasattr(kind, "categories") and hasattr(kind, "ordered"):
        codes = series.cat.codes if hasattr(series, "cat") else series
        return codes.to_numpy(), column(kind.categories)
    if getattr(kind, "tz", None) is not None:
        times = series.dt if hasattr(series, "dt") else series
        return times.tz_convert("UTC").to_numpy(dtype="datetime64[ns]")
    # NumPy's own types are taken as they are; pandas' mark missing values in their own ways.
    return series.to_numpy() if hasattr(kind, "itemsize") else list(series)


def by_label(data: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Options in which a column that has a number for a name is given by its position.

    Numbers are names if all that are given are, else positions.
    """
    if is_of(data, "pandas", "DataFrame"):
        labels = [*(label for label in data.index.names if label is not None), *data.columns]
    else:
        named = data if isinstance(data, Mapping) else getattr(data, "column_names", getattr(data, "columns", None))
        labels = [label for label in named if isinstance(label, (str, int))] if isinstance(named, (list, Mapping)) else []
    at = {label: place for place, label in enumerate(labels, 1) if not isinstance(label, tuple)}
    roles = [key for key in (*NAMES, "kind") if options.get(key) is not None]
    numbers = [options[key] for key in roles if isinstance(options[key], int)]
    are_labels = all(number in at for number in numbers)

    def place(of: Any) -> Any:
        if isinstance(of, str) and of.isdecimal():
            return next((place for label, place in at.items() if str(label) == of), of)
        return at.get(of, of) if isinstance(of, int) and are_labels else of

    return {**options, **{key: place(options[key]) for key in roles}}


def other_frame(frame: Any) -> Frame:
    """A frame of a library without Arrow, by narwhals."""
    try:
        import narwhals
    except ImportError:
        kind = type(frame).__name__
        raise KindError(
            f"a {kind} has no Arrow interface; install narwhals, or give a dictionary of columns"
        ) from None
    known = narwhals.from_native(frame, eager_only=True)
    return Frame.input(list(known.columns), [known[name].to_numpy() for name in known.columns])


def array(data: Any) -> Frame:
    """A NumPy array: structured, or with one row per interaction."""
    if data.dtype.names is not None:
        return Frame.input(list(data.dtype.names), [column(data[name]) for name in data.dtype.names])
    if data.ndim != 2 or not 2 <= data.shape[1] <= len(NAMES):
        shape = " × ".join(map(str, data.shape)) or "a single number"
        shape = f"a list of {shape}" if data.ndim == 1 else shape
        raise DataError(f"an array of ratings has columns user, item[, value[, time]]; this one is {shape}")
    columns = [column(data[:, at]) for at in range(data.shape[1])]
    return Frame.input(usual(columns), columns)


def matrix(data: Any, users: Any, items: Any) -> Frame:
    """A SciPy sparse matrix, with the ids of its rows (users) and columns (items)."""
    if len(data.shape) != 2:
        raise DataError(f"a matrix of ratings has users as rows and items as columns; this one has {len(data.shape)} of 2 axes")
    rows, columns = data.shape
    if users is None or items is None:
        raise KindError(
            "the rows of a matrix are users and its columns items, but it does not hold their ids: give users= and "
            f"items=, such as users=range({rows}), items=range({columns})"
        )
    users, items = ids(users, "users"), ids(items, "items")
    for listed, what, axis in ((users, "users", "rows"), (items, "items", "columns")):
        if len(set(listed)) < len(listed):
            raise DataError(f"{what}= has an id twice: two {axis} of the matrix would be one")
    found = (len(users), len(items))
    if found != (rows, columns):
        hint = "; transpose it (.T)" if found == (columns, rows) else ""
        raise DataError(
            f"the matrix has {rows} rows and {columns} columns, but there are {found[0]} users and {found[1]} "
            f"items{hint}"
        )
    # Repeated entries are added, as SciPy means them.
    cells = data.tocsr().tocoo()
    return Frame.input(list(NAMES[:3]), [(cells.row, users), (cells.col, items), cells.data])


def rows_or_parts(data: Iterator[Any], options: Mapping[str, Any]) -> Any:
    """Rows as tuples or dictionaries, or the parts of a table one after another."""
    first = next(data, None)
    if first is None:
        return Frame.input(list(NAMES[:2]), [[], []])
    whole = itertools.chain([first], data)
    if hasattr(type(first), "__dataclass_fields__") and not hasattr(first, "__arrow_c_stream__"):
        import dataclasses

        fields = [field.name for field in dataclasses.fields(first)]
        return rows({}, ({name: getattr(row, name, None) for name in fields} for row in whole))
    if is_row(first):
        return rows(first, whole)
    if isinstance(first, (str, bytes, int, float, os.PathLike)):
        raise KindError(f"{first!r} is neither a row (user, item[, value[, time]]) nor a part of a table")
    return (part(of, options) for of in whole)


def part(of: Any, options: Mapping[str, Any]) -> Any:
    """A part of a table."""
    made = table(of, options=options)
    if isinstance(made, str):
        raise KindError(f"a part of a table is a table, not {of!r}")
    return made


def is_row(of: Any) -> bool:
    if isinstance(of, Mapping):
        # A column is no single value.
        return any(isinstance(value, (str, bytes)) or not isinstance(value, Iterable) for value in of.values())
    if is_of(of, "numpy", "ndarray"):
        return of.ndim == 1 and of.dtype.names is None
    return isinstance(of, Sequence) and not isinstance(of, (str, bytes)) and not hasattr(of, "__arrow_c_stream__")


def rows(first: Any, whole: Iterable[Any]) -> Frame:
    if isinstance(first, Mapping):
        whole = list(whole)
        # In the order of their first appearance in any row.
        names = list(dict.fromkeys(str(name) for row in whole for name in row))
        cells = [[row.get(name) for name in names] for row in whole]
    else:
        cells = [list(row) for row in whole]
        # Named tuples have names; others the usual columns.
        names = [str(field) for field in getattr(first, "_fields", ())]
        if not names and not 2 <= len(first) <= len(NAMES):
            raise DataError(f"a row is (user, item[, value[, time]]); the first has {len(first)} entries")
    width = len(first) if isinstance(first, Sequence) or hasattr(first, "shape") else len(names)
    if any(len(row) != width for row in cells):
        at, row = next((at, row) for at, row in enumerate(cells, 1) if len(row) != width)
        raise DataError(f"row {at} has {len(row)} entries, the first has {width}")
    # `itertuples` of pandas puts the index in front: the position of the row.
    if names[:1] == ["Index"] and hasattr(first, "_fields"):
        names, cells, width = names[1:], [row[1:] for row in cells], width - 1
    columns = [[row[at] for row in cells] for at in range(width)]
    return Frame.input(names or usual(columns), columns)


def usual(columns: Sequence[Any]) -> list[str]:
    """The names of columns without names. A third one holds times, not values, where a file without a header would."""
    names: list[str] = list(NAMES[: len(columns)])
    if len(columns) == 3:
        third = columns[2][:SAMPLE]
        sample = Frame.input([""] * 3, [["user"] * len(third), ["item"] * len(third), third])
        try:
            read = _cofil.Ratings.read(sample, {})
        except Error:
            return names
        if not read.has_values() and "time" in read.frame(0).names():
            names[2] = "time"
    return names
