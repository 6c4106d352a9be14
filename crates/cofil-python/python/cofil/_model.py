"""Trained models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Union, overload
from uuid import UUID

from cofil import _cofil
from cofil._cofil import Frame
from cofil._errors import DataError, IoError, KindError, SettingError
from cofil._input import BYTES, a, column, ids, is_table, name, table
from cofil._input import path as path_of
from cofil._input import seed as checked
from cofil._progress import Progress, hear
from cofil._ratings import Ratings
from cofil._reports import Report
from cofil._tables import Explanation, Interview, Predictions, Recommendations, Table, lines_html

if TYPE_CHECKING:
    from typing import Protocol

    import numpy
    from typing_extensions import Unpack

    from cofil._options import ProtocolOptions, QueryOptions, ReadOptions
    from cofil.plot import Figure

    class Array(Protocol):
        def __array__(self, *arguments: Any, **keywords: Any) -> Any: ...

    Id = Union[str, bytes, int, numpy.integer[Any], UUID]
    Column = Union[list[Any], tuple[Any, ...], Array]
    History = Union[Iterable[Any], Mapping[Any, float]]



class Model:
    """A trained model with its ids and the users' histories; `cofil.load` loads one, `fit` trains one.

    Several threads may query it at once. Queries that run during `update` or `forget` see the model as it was.
    """

    imported: dict[str, Any] | None
    """What `cofil.import_model` found and assumed; none for other models."""

    def __init__(self, inner: _cofil.Model) -> None:
        self._inner = inner
        self.imported = None

    # === Lists ===

    def recommend(
        self,
        user: Id | None = None,
        *,
        users: Any = None,
        history: History | None = None,
        n: int = 10,
        exclude: Iterable[Id] | None = None,
        candidates: Iterable[Id] | None = None,
        where: str | None = None,
        progress: Progress = False,
        **options: Unpack[QueryOptions],
    ) -> Recommendations:
        """Recommends items: to a user of the training data, to a new user with a `history`, or to many `users`, one list
        for each.

        A history holds items, or pairs of an item and its value; with `user`, it is newer than the model. `exclude`
        and `candidates` are items; `where` is a filter on the attributes of items, such as `"genre = 'Comedy'"`.
        Without a known user or history the list holds the most popular items, and `reason` says so.

        Raises `SettingError` for a filter that does not fit, `NotFoundError` for unknown ids with `unknown="refuse"`.
        """
        query = {"n": n, "exclude": exclude, "candidates": candidates, "where": where, **options}
        if users is not None:
            if user is not None or history is not None:
                raise KindError("users= is for many known users: leave out user and history")
            return self._recommend_many(column(ids(users) if isinstance(users, set) else one_column(users)), query, progress)
        if isinstance(user, Iterable) and not isinstance(user, (str, bytes)):
            raise KindError("for several users give users=, for a new one history=")
        names = Names()
        answer, frame = self._inner.recommend(who(user, history, names), named(query, names))
        answer["unknown"] = names.ids(answer["unknown"])
        reasons = [reason for entry in answer["items"] for reason in entry.get("because") or []]
        for reason, item in zip(reasons, self._typed([reason["item"] for reason in reasons])):
            reason["item"] = item
        return Recommendations(frame, answer)

    def recommend_all(
        self, n: int = 10, *, progress: Progress = False, **options: Unpack[QueryOptions]
    ) -> Recommendations:
        """Recommends items to every user of the training data, one list after another."""
        return self._recommend_many(None, {"n": n, **options}, progress)

    def _recommend_many(self, users: Any, query: dict[str, Any], progress: Progress) -> Recommendations:
        names = Names()
        skipped, unknown, frame = self._inner.recommend_many(users, named(query, names), hear(progress))
        return Recommendations(frame, {"unknown": [*names.ids(skipped), *unknown]})

    def similar(self, item: Id | Iterable[Id], n: int = 10) -> Table:
        """The items most similar to `item`, by `score`, with 1 for the same; for several items, to each of them.

        Raises `NotFoundError`.
        """
        if isinstance(item, Iterable) and not isinstance(item, (str, bytes)):
            return Table(self._inner.similar_many([name(one) for one in ids(item, "items")], n))
        return Table(self._inner.similar(name(item), n))

    def similar_all(self, n: int = 10, *, exact: bool = False, progress: Progress = False) -> Table:
        """The items most similar to each item. For more than 100,000 items an approximate index, unless `exact`."""
        return Table(self._inner.similar_all(n, exact, hear(progress)))

    def similar_users(self, user: Id, n: int = 10) -> Table:
        """The users most similar to `user`, by the cosine of their vectors or histories. Raises `NotFoundError`."""
        return Table(self._inner.similar_users(name(user), n)[1])

    def explain(
        self, user: Id | None, item: Id, *, history: History | None = None, unknown: str = "skip"
    ) -> Explanation:
        """How much each item of the history contributes to the score of `item`. Raises `NotFoundError`."""
        names = Names()
        about, frame = self._inner.explain(who(user, history, names), name(item), unknown)
        about.update(item=item, unknown=names.ids(about["unknown"]))
        return Explanation(frame, about)

    def interview(
        self,
        answers: Mapping[Any, Any] | None = None,
        *,
        n: int = 10,
        questions: int = 1,
        strategy: str | None = None,
        seed: int = 0,
    ) -> Interview:
        """Which items to ask a new user about next, and the list after the answers so far.

        `answers` are `"yes"`, `"no"`, `"unknown"` or a value for each item. Nothing is kept between calls.
        """
        if answers is not None and not isinstance(answers, Mapping):
            raise KindError(f'answers are a dictionary, such as {{"a": "yes", "b": "no"}}, not {a(answers)}')
        names = Names()
        replied = [{"item": names(item), "answer": answer} for item, answer in (answers or {}).items()]
        question = {"answers": replied, "n": n, "questions": questions, "strategy": strategy, "seed": checked(seed)}
        about, frame = self._inner.interview(question)
        asked = self._typed([asked["item"] for asked in about["questions"]])
        for entry, item in zip(about["history"], self._typed([entry["item"] for entry in about["history"]])):
            entry["item"] = item
        about["unknown"] = names.ids(about["unknown"])
        return Interview(frame, about, asked)

    def _typed(self, items: list[str]) -> list[Any]:
        kind = self._inner.kind(False)
        return [int(item) if kind == "integer" else UUID(item) if kind == "uuid" else item for item in items]

    # === Predictions ===

    @overload
    def predict(self, pairs: Any, /, *, probability: bool = False, **options: Unpack[ReadOptions]) -> Predictions: ...
    @overload
    def predict(self, user: Id, item: Id, /, *, probability: bool = False) -> float: ...
    @overload
    def predict(self, users: Column, items: Column, /, *, probability: bool = False) -> Predictions: ...
    def predict(self, pairs: Any, item: Any = None, /, *, probability: bool = False, **options: Any) -> Any:
        """Predicts the rating of a pair, `model.predict("u1", "a")`, or of a table of pairs.

        A table may also be given as two columns: `model.predict(frame["user"], frame["item"])`. Values that all pairs have
        stand beside the predictions. Ratings are within the range of the training data; algorithms that rank give their
        score, with a `ReadWarning` if the training data had ratings. With `probability`, models that were trained by
        cross-entropy give the probability of an interaction, at the training ratio of negatives. In a table, ratings of unknown users and items are predicted from the bias of the other one; scores
        are None. Raises `NotFoundError` for an unknown id of a single pair, and `UnsupportedError` if scores are not
        probabilities.
        """
        if item is not None and not isinstance(item, (str, bytes)) and isinstance(item, Iterable):
            pairs, item = Frame.input(["user", "item"], [column(pairs), column(item)]), None
        if item is not None:
            return self._inner.predict(name(pairs), name(item), probability)
        try:
            unknown, frame = self._predicted(pairs, options, probability)
        except (IoError, KindError) as error:
            if not isinstance(pairs, (str, int)):
                raise
            raise type(error)(f"{error}; to predict one pair, give both of its ids: predict({pairs!r}, item)") from None
        return Predictions(frame, unknown)

    def _predicted(self, pairs: Any, options: dict[str, Any], probability: bool) -> Any:
        """Unknown ids and predictions, beside the true values where all pairs have one."""
        if isinstance(pairs, Ratings):
            return self._inner.predict_pairs(pairs._inner.frame(), options, probability, pairs._inner.has_values())
        # An iterator is read only once.
        if not isinstance(pairs, Iterator):
            try:
                return self._inner.predict_pairs(table(pairs, options=options), options, probability, True)
            except DataError:
                pass
        return self._inner.predict_pairs(table(pairs, options=options), options, probability, False)

    # === Evaluation ===

    def evaluate(
        self,
        test: Any,
        *,
        given: Any = None,
        metrics: str | Sequence[str] | None = None,
        progress: Progress = False,
        **options: Unpack[ProtocolOptions],
    ) -> Report:
        """Evaluates the model on held-out interactions: `report["ndcg@20"].value` with its interval and baselines.

        `given` are the histories of users in `test` who are not in the training data. Raises `SettingError` for an
        unknown metric, `UnsupportedError` if the model holds no histories.
        """
        settings = {"metrics": metrics, **options, "seed": checked(options.get("seed"))}
        return Report(self._inner.evaluate(events(test), events(given), {}, settings, hear(progress)))

    # === Changes ===

    def update(self, interactions: Any, **options: Unpack[ReadOptions]) -> dict[str, Any]:
        """Adds interactions, new users and new items without training again; returns what was added.

        Interactions are cleaned by the options, and those of a pair that the model knows are merged with its value,
        as `duplicates` says: by default the new value counts, and with `weights` it is added. With `implicit=True`,
        values are ignored, but dislikes (values below 0) are left out. Raises `DataError` for values that the training data did not have,
        `UnsupportedError` if the model holds no histories.
        """
        implicit = bool(options.get("implicit"))
        return self._inner.update(events(interactions, options), dict(options), implicit)

    def forget(self, users: Iterable[Id], *, refit: bool = False) -> dict[str, Any]:
        """Removes users; returns what was removed and what remains. With `refit` nothing of them remains.

        Raises `NotFoundError` for an unknown user; the model is then unchanged.
        """
        return self._inner.forget([name(user) for user in ids(users, "users")], refit)

    def set_items(self, items: Any, **options: Any) -> None:
        """Sets the table of items, for titles in lists and for filters; `None` removes it."""
        self._inner.describe_items(None if items is None else table(items), options)

    # === What it holds ===

    def plot_curve(self) -> Figure:
        """The figure of loss and validation metrics by epoch. Raises `UnsupportedError` for a model without epochs."""
        from cofil.plot import curve

        return curve(self)

    @property
    def card(self) -> dict[str, Any]:
        """Where the model comes from: algorithm, settings, seed, data, epochs, changes, shapes of its arrays."""
        return self._inner.card()

    @property
    def algorithm(self) -> str:
        """The name of the algorithm."""
        card = self.card
        return str(card["algorithm"]["algorithm"] if "algorithm" in card else card["imported"]["name"])

    @property
    def chosen(self) -> dict[str, Any] | None:
        """Why the algorithm was chosen (`why`), the settings that follow from the data (`defaults`), and `notes`."""
        return self._inner.chosen()

    @property
    def users(self) -> list[Any]:
        """The ids of the users, in the order of `user_vectors`."""
        return self._inner.ids(True).list(0)

    @property
    def items(self) -> list[Any]:
        """The ids of the items, in the order of `item_vectors`."""
        return self._inner.ids(False).list(0)

    @property
    def user_vectors(self) -> numpy.ndarray[Any, Any] | None:
        """The vectors of the users (users × factors, float32, read-only, not copied); none for models without."""
        return self._inner.vectors(True)

    @property
    def item_vectors(self) -> numpy.ndarray[Any, Any] | None:
        """The vectors of the items (items × factors, float32, read-only, not copied); none for models without."""
        return self._inner.vectors(False)

    @property
    def arrays(self) -> dict[str, numpy.ndarray[Any, Any]]:
        """All that was learned, by the names of the model file, such as `user_factors`, `item_factors`, `item_bias` or
        `weights`; rows and columns are in the order of `users` and `items`. The arrays are copies. Sparse weights are
        `weights.values`, `weights.columns` and `weights.starts`, as `scipy.sparse.csr_array` takes them.
        """
        return arrays_of(self.to_bytes(), self.card["arrays"])

    # === Files ===

    def save(self, path: str | os.PathLike[str]) -> str:
        """Saves the model to one file, atomically; returns its fingerprint. Raises `IoError`."""
        return self._inner.save(path_of(path))

    def to_bytes(self) -> bytes:
        """The bytes of the file that `save` writes."""
        return self._inner.to_bytes()

    def export(self, path: str | os.PathLike[str], *, vectors: Literal["items", "users"] = "items") -> dict[str, Any]:
        """Writes the model in the format of the file's ending; returns what was written and how to use it.

        `.onnx` is the whole model, `.npz` its arrays; `.npy`, `.csv`, `.jsonl`, `.parquet` and `.arrow` hold the
        `vectors` of items or users, for pgvector, FAISS and others. Raises `UnsupportedError` if the format cannot hold
        a model of this shape, `DataError` for an unknown ending.
        """
        return _cofil.export_model(self._inner, path_of(path), {"vectors": vectors})

    @staticmethod
    def from_bytes(data: bytes | bytearray | memoryview) -> Model:
        """Loads a model from the bytes of its file. Raises `FormatError`."""
        if not isinstance(data, BYTES):
            raise KindError(f"a model is loaded from bytes, not from {a(data)}; cofil.load takes a path")
        return Model(_cofil.Model.from_bytes(bytes(data)))

    def __reduce__(self) -> Any:
        return Model.from_bytes, (self.to_bytes(),), {"imported": self.imported}

    def __repr__(self) -> str:
        about = dict(self._lines())
        return f"<cofil.Model {about['algorithm']}: {about['users']} users, {about['items']} items>"

    def _lines(self) -> Iterator[tuple[str, str]]:
        card = self.card
        yield "algorithm", self.algorithm
        for size in ("users", "items", "interactions"):
            yield size, f"{card['data'][size]:,}"
        settings = {**card.get("algorithm", {}), "seed": card.get("seed")}
        shown = ", ".join(f"{name}={value}" for name, value in settings.items() if name != "algorithm" and value is not None)
        if shown:
            yield "settings", shown

    def _repr_html_(self) -> str:
        return lines_html(self._lines())


# NumPy's names for the types of a model file.
TYPES = {"F32": "<f4", "F64": "<f8", "U32": "<u4", "U64": "<u8", "I64": "<i8", "U8": "u1"}


def arrays_of(file: bytes, names: Iterable[str]) -> dict[str, numpy.ndarray[Any, Any]]:
    """Arrays of a model file."""
    import json

    import numpy

    start = 8 + int.from_bytes(file[:8], "little")
    stored, found = json.loads(file[8:start]), {}
    for name in names:
        about = stored[name]
        first, end = (start + offset for offset in about["data_offsets"])
        found[name] = numpy.frombuffer(file[first:end], TYPES[about["dtype"]]).reshape(about["shape"]).copy()
    return found


def load(path: str | os.PathLike[str]) -> Model:
    """Loads a model file. Raises `IoError`, or `FormatError` if the file is damaged or no model."""
    return Model(_cofil.Model.load(path_of(path)))


def events(of: Any, options: Mapping[str, Any] = {}) -> Any:  # noqa: B006
    """Interactions for the extension."""
    return None if of is None else of._inner if isinstance(of, Ratings) else table(of, options=options)


class Names(dict[str, Any]):
    """The ids of a query by their names, so that those the model does not know come back as they went in."""

    def __call__(self, id: Any) -> str:
        named = name(id)
        self[named] = id
        return named

    def ids(self, names: Iterable[str]) -> list[Any]:
        return [self.get(name, name) for name in names]


def named(query: dict[str, Any], names: Names) -> dict[str, Any]:
    """A query with names for the ids of items."""
    lists = {key: query[key] for key in ("exclude", "candidates") if query.get(key) is not None}
    return {**query, **{key: [names(id) for id in ids(items, "items")] for key, items in lists.items()}}


def one_column(of: Any) -> Any:
    if isinstance(of, (str, bytes, int)):
        raise KindError(f"users= is a list of users; for one user give recommend({of!r})")
    if is_table(of):
        raise KindError('give one column of users, such as frame["user"], not a table')
    return of


def who(user: Any, history: Any, names: Names) -> dict[str, Any]:
    """The user that a query is for."""
    if isinstance(history, Table):
        raise KindError('a history is a list of items, not a table: give its items, such as table["item"]')
    entries = list(history.items()) if isinstance(history, Mapping) else ids(history, "items")
    pairs = [entry for entry in entries if isinstance(entry, (tuple, list))]
    if wrong := next((pair for pair in pairs if len(pair) != 2), None):
        raise SettingError(f"an entry of a history is an item or a pair (item, value), not {wrong!r}")
    liked = [
        {"item": names(entry[0]), "value": entry[1]} if isinstance(entry, (tuple, list)) else names(entry)
        for entry in entries
    ]
    return {"history": liked} if user is None else {"user": names(user), "history": liked}
