# Made by scripts/python_stubs.py from the schemas of the library.

"""Keywords of options."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class ReadOptions(TypedDict, total=False):
    """How to read and clean a table."""

    decimal: str | None
    """Decimal separator of values in text: `.` or `,`. Default: the point."""
    delimiter: str | None
    """Delimiter, such as `,` or `::`. Default: the one of tab, `::`, `;`, `,`, `|` and space that splits the first lines
    into equal numbers of fields."""
    format: Literal["text", "json-lines", "parquet", "arrow"] | None
    """File format. Default: detected from the first bytes."""
    header: bool | None
    """Whether the first line is a header. Default: detected."""
    item: str | int | None
    """Item column. Default: by its name, else the next one that does not hold dates."""
    kind: str | int | None
    """Column of the event type, used with `weights`. Default: by its name."""
    missing: float | None
    """Value that means "no rating"; such rows are left out and counted. NaN also matches empty fields and marks such as
    `NA`."""
    quote: Literal["double", "none"] | None
    """Whether quotes enclose fields. Default: they do, and a quote that would enclose whole rows is an error."""
    shape: Literal["rows", "lists", "blocks", "matrix"] | None
    """Layout of the interactions in the file. Default: rows, unless the first lines clearly have another one."""
    skip_bad: int | None
    """Maximum number of unreadable rows to leave out; they are counted, and the report says what is wrong with the first
    ones. Default: none."""
    time: str | int | None
    """Time column: unix seconds, milli-, micro- or nanoseconds (detected from most of the column) or ISO 8601. Default:
    by its name; without a header the first remaining column that holds times."""
    time_format: str | None
    """Format of the times in `strftime` notation (`%d/%m/%Y %H:%M`; UTC without an offset), or the unit of numbers: `s`,
    `ms`, `us` or `ns` since 1970, or `excel` for spreadsheet days. Default: unix times, years, `20190131`,
    `31.01.2019` or ISO 8601."""
    user: str | int | None
    """User column. Default: by its name, else the first."""
    value: str | int | None
    """Value column: ratings, counts or weights. Default: by its name; without a header the third of at most four, if it
    holds numbers. Without a value column every value is 1."""
    weights: dict[str, float] | None
    """Weight of each event type. The value of a row is its weight, times the value column if there is one. Rows of a
    type with weight 0 are left out and counted."""
    duplicates: Literal["last", "first", "mean", "sum", "max", "error"] | None
    """How to merge several rows of the same user and item. Default: the last row counts."""
    implicit: bool | None
    """Count every pair as 1, as implicit feedback. If there are values below 0, which express dislike, pairs that are
    not above 0 are dropped. Default: false."""
    min_item: int | None
    """Drop items with fewer interactions than this. 0 and 1 drop nothing; default 0."""
    min_user: int | None
    """Drop users with fewer interactions than this. 0 and 1 drop nobody; default 0."""
    threshold: float | None
    """Drop pairs with a smaller value and count the others as 1. Any number; default: none."""
    as_weights: bool
    """Whether algorithms that rank use the values as weights unchanged."""


class QueryOptions(TypedDict, total=False):
    """Which items are recommended, and in which order."""

    explain: int | None
    """Maximum number of history items to give as reasons for each recommended item; 0 for none."""
    seen: bool | None
    """Whether items in the user's history may be recommended."""
    unknown: Literal["skip", "refuse"] | None
    """What to do with unknown ids."""
    mmr: float | None
    """λ, 0 to 1: weight of relevance against diversity; 1 is relevance alone."""
    pool: int | None
    """Number of best items to reorder, at least the length of the list."""
    popularity_penalty: float | None
    """γ, popularity penalty, ≥ 0: deduction for the most popular item, on scores scaled to 0–1 in the pool."""


class ProtocolOptions(TypedDict, total=False):
    """How to evaluate."""

    clip: bool | None
    """Whether predicted ratings are clipped to the range of the training values before `rmse` and `mae`."""
    convention: Literal["cofil", "implicit", "recbole", "rectools", "lenskit", "recpack", "ranx", "irspack", "elliot", "dacrema"] | None
    """The library whose definitions of the metrics to use."""
    corrected: bool | None
    """Whether ranks among sampled items are scaled to ranks among all items: with r − 1 of m sampled items above it, a
    relevant item is assumed to have (r − 1) / m of all other items above it."""
    relevant_from: float | None
    """Smallest value of a relevant test interaction; all are relevant if not set."""
    resamples: int | None
    """Number of bootstrap samples for the 95 % intervals; 0 for no intervals."""
    seed: int | None
    """Random seed of the bootstrap samples; candidates have their own, see [`Candidates::Sampled`]."""
    seen: bool | None
    """Whether items in a user's history, from training or given, are ranked too."""
    ties: Literal["index", "expected", "worst", "best"] | None
    """How items with equal scores are ordered."""
    mmr: float | None
    """λ, 0 to 1: weight of relevance against diversity; 1 is relevance alone."""
    pool: int | None
    """Number of best items to reorder, at least the length of the list."""
    popularity_penalty: float | None
    """γ, popularity penalty, ≥ 0: deduction for the most popular item, on scores scaled to 0–1 in the pool."""
    sampled: int | None
    """Rank test items among this many sampled ones, not all."""


class ImportOptions(TypedDict, total=False):
    """What the file of an imported model does not say."""

    description: str | None
    """Who trained the model, on what data and how, in free text."""
    fold_in: Literal["ridge", "implicit"] | None
    """How a new user gets a vector. Default: `ridge` for ratings, `implicit` for preferences."""
    link: Literal["none", "sigmoid"] | None
    """Function from the sum of inner product, biases and offset to the score. Default: as the file says, else `none`."""
    name: str | None
    """Name of the model. Default: that of the program and method that trained it."""
    reg: float | None
    """L2 penalty of the vector of a new user, at least 0; for each rating with `ridge`, in total with `implicit`.
    Default: as the file says, else 0.1."""
    scale: tuple[float, float] | None
    """Smallest and largest rating. Default: as the file says, else those of the interactions."""
    target: Literal["rating", "preference"] | None
    """Meaning of the scores: `rating` for predicted values, `preference` for scores that only order items. Default: as
    the format says; otherwise it has to be given."""
