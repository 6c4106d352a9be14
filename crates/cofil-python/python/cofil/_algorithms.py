"""The algorithms: one class each, made from the library's schema of its settings."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Union, cast

from cofil import _cofil
from cofil._errors import DataError, KindError, note
from cofil._input import column, path, table
from cofil._input import seed as checked
from cofil._model import Model
from cofil._progress import Progress, hear
from cofil._ratings import Ratings, ratings

if TYPE_CHECKING:
    import inspect
    from collections.abc import Sequence

    import numpy
    from typing_extensions import Self

    # A name, an algorithm with its settings, or its class.
    AlgorithmLike = Union[str, "Algorithm", type["Algorithm"]]


class Kind(type):
    """The class of the classes: their signature is made when it is asked for."""

    _defaults: dict[str, Any]

    @property
    def __signature__(cls) -> inspect.Signature:
        import inspect

        keyword = inspect.Parameter.KEYWORD_ONLY
        settings = {**cls._defaults, "seed": 0}
        return inspect.Signature([inspect.Parameter(name, keyword, default=value) for name, value in settings.items()])


class Algorithm(metaclass=Kind):
    """An algorithm with its settings. Settings that are None follow from the data.

    A wrong name or value raises `SettingError` here, not at `fit`.
    """

    _name: ClassVar[str]
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self, *, seed: int | None = 0, **settings: Any) -> None:
        # Unlike scikit-learn's classes, which check at `fit`: what is wrong is told where it is written.
        self._set(settings, seed)

    def _set(self, settings: dict[str, Any], seed: int | None) -> None:
        known: int = 0 if seed is None else checked(seed)
        self._given = self._checked(settings, known)
        self.seed = known

    def _checked(self, settings: dict[str, Any], seed: int) -> dict[str, Any]:
        given = {setting: told(value) for setting, value in settings.items() if value is not None}
        # The library checks names and values, and tells the nearest name; of an unknown name even if it is None.
        unknown = dict.fromkeys(settings.keys() - self._defaults.keys(), 0)
        _cofil.settings(self._name, {**unknown, **given}, seed)
        return given

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in type(self)._defaults:
            raise AttributeError(f"{type(self).__name__} has no setting {name!r}")
        return self._given.get(name, self._defaults[name])

    def __setattr__(self, name: str, value: Any) -> None:
        # What is no setting has a name with an underscore at one of its ends, here and in scikit-learn.
        if name == "seed" or name.startswith("_") or name.endswith("_"):
            super().__setattr__(name, value)
        else:
            self.set_params(**{name: value})

    @classmethod
    def preset(cls, name: str, **settings: Any) -> Self:
        """The algorithm with named settings, such as those of a tutorial; `settings` take precedence.

        The documentation of the class lists the presets. Raises `SettingError` for an unknown name.
        """
        return cls(**{**_cofil.preset(cls._name, name), **settings})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All settings and the seed, as scikit-learn asks for them."""
        return {**self._defaults, **self._given, "seed": self.seed}

    def set_params(self, **settings: Any) -> Self:
        """Changes settings; None lets one follow from the data or its default."""
        seed = settings.pop("seed", self.seed)
        self._set({**self._given, **settings}, seed)
        return self

    def fit(
        self,
        train: Any,
        y: Any = None,
        *,
        valid: float | Any = None,
        metric: str | Sequence[str] | None = None,
        patience: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int | None = None,
        resume: bool = False,
        items: Any = None,
        negatives: Any = None,
        seen: bool = True,
        progress: Progress = False,
    ) -> Model:
        """Trains a model on ratings, or on anything that `Ratings` takes. `y` is a column of values for a table without.

        `valid` is a share of the rows to hold out, or ratings: training then stops after `patience` epochs without a
        better `metric` (the first of several, which are all recorded), and the best epoch is kept. The rows held out are
        no part of the model: lists may hold their items, until `update` adds them. `checkpoint` is a file that training writes as it goes; with
        `resume`, it continues from there. `items` is a table of items, for titles and filters. `negatives` is a table of
        users and the items to learn against, in place of sampled ones. Without `seen`, the model does not hold the
        users' histories. `progress` is True or a function that receives each event.

        Raises `SettingError`, `DataError` if the data does not suit the algorithm, `DivergedError`.
        """
        training = {
            "seed": self.seed, "metric": metric.split(",") if isinstance(metric, str) else metric, "patience": patience, "seen": seen, "resume": resume,
            "checkpoint": None if checkpoint is None else path(checkpoint), "checkpoint_every": checkpoint_every,
        }
        if y is not None:
            train = valued(train, y)
        self.model_ = trained(train, self._name, self._given, training, valid, items, negatives, progress)
        return self.model_

    def predict(self, pairs: Any) -> numpy.ndarray[Any, Any]:
        """The predictions of the model that `fit` trained last, for a table of pairs; NaN where there is none."""
        if not hasattr(self, "model_"):
            raise AttributeError("fit a model first")
        import numpy

        return numpy.asarray(self.model_.predict(pairs))

    def score(self, test: Any, y: Any = None) -> float:
        """How well the model that `fit` trained last does on `test`, the larger the better: NDCG@10, or −RMSE if it
        predicts ratings. For scikit-learn; `Model.evaluate` tells more.
        """
        if not hasattr(self, "model_"):
            raise AttributeError("fit a model first")
        metric, sign = ("rmse", -1.0) if self.model_.card["target"] == "rating" else ("ndcg@10", 1.0)
        report = self.model_.evaluate(test if y is None else valued(test, y), metrics=metric, resamples=0)
        return sign * float(report[metric].value)

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in self.__dict__

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags

        # A table of interactions goes in, and no separate target.
        inputs = InputTags(two_d_array=False)
        return Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=inputs)

    def __sklearn_clone__(self) -> Self:
        return type(self)(seed=self.seed, **self._given)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Algorithm) or type(self) is not type(other):
            return False
        return (self._given, self.seed) == (other._given, other.seed)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = {**self._given, **({"seed": self.seed} if self.seed else {})}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in shown.items())})"


def trained(
    train: Any,
    algorithm: str | None,
    settings: dict[str, Any],
    training: dict[str, Any],
    valid: Any,
    items: Any,
    negatives: Any,
    progress: Progress,
) -> Model:
    share = is_share(valid)
    if share:
        training = {**training, "valid": valid}
    held_out = None if share or valid is None else ratings(valid)._inner
    items = None if items is None else table(items)
    negatives = None if negatives is None else table(negatives)
    data = ratings(train)._inner
    model = Model(_cofil.fit(data, algorithm, settings, training, held_out, items, negatives, hear(progress)))
    note(f"negatives: {said}" for said in (model.chosen or {}).get("notes", []))
    return model


def is_share(valid: Any) -> bool:
    """Whether it is a number, which is the share to hold out."""
    return hasattr(valid, "__float__") and not hasattr(valid, "__len__")


def valued(train: Any, values: Any) -> Ratings:
    """A table with a column of values beside users and items, as scikit-learn passes them."""
    rows = ratings(train)
    if rows._inner.has_values():
        raise DataError("the table has a column of values already; leave out y, or that column")
    columns = {**rows.to_dict(), "value": column(values)}
    frame = _cofil.Frame(list(columns), list(columns.values()))
    time = "time" if "time" in columns else "none"
    return Ratings(frame, user="user", item="item", value="value", time=time)


def told(value: Any) -> Any:
    """The value of a setting; algorithms, which a blend is of, as their names and settings."""
    if isinstance(value, (list, tuple)):
        return [told(one) for one in value]
    if isinstance(value, Algorithm) or (isinstance(value, type) and issubclass(value, Algorithm)):
        name, settings, _ = named(value)
        return {"algorithm": name, **settings} if settings else name
    return value


def class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def by_name(name: str) -> type[Algorithm]:
    """The class of an algorithm; the name is that of the command, or of the class."""
    name = NAMES.get(name, name)
    if name not in CLASSES:
        described = _cofil.algorithm(name)
        # It may be called as others call it.
        name = described["name"]
        if name not in CLASSES:
            CLASSES[name] = _class(name, described)
    return CLASSES[name]


def attribute(name: str, module: str) -> type[Algorithm]:
    """The class that a module has under this name; no other name of this package's modules is one of the module's."""
    if name == "Algorithm":
        return Algorithm
    if name not in NAMES and (like := [known for known in NAMES if known.lower() == name.lower()]):
        raise AttributeError(f"cofil has no {name!r}; did you mean {like[0]!r}?")
    if name not in NAMES:
        # Python looks for the nearest name in what the module's `__dir__` returns.
        raise AttributeError(f"cofil has no {name!r}", name=name, obj=sys.modules[module])
    return by_name(NAMES[name])


# The classes made so far: each is made when it is first used.
CLASSES: dict[str, type[Algorithm]] = {}
NAMES = {class_name(name): name for name in _cofil.names()}


def _class(name: str, described: dict[str, Any]) -> type[Algorithm]:
    schema = described["schema"]
    rules = {rule["setting"]: rule["rule"] for rule in described["rules"]}
    settings = {setting: about for setting, about in schema["properties"].items() if setting != "algorithm"}
    defaults = {setting: None if setting in rules else about.get("default") for setting, about in settings.items()}
    lines = [schema.get("description", ""), "", "Settings:"]
    for setting, about in settings.items():
        lines.append(f"    {setting}: {' '.join(about.get('description', '').split())}")
        if setting in rules:
            lines.append(f"        Default from the data: {rules[setting]}.")
    lines.append("    seed: Random seed. Equal data, settings and seed give equal bytes.")
    if described["presets"]:
        lines += ["", "Presets:", *(f"    {preset['name']}: {preset['about']}" for preset in described["presets"])]
    members = {
        "__doc__": "\n".join(lines),
        "__module__": "cofil.algorithms",
        "_name": name,
        "_defaults": defaults,
    }
    made: Any = Kind(class_name(name), (Algorithm,), members)
    return cast("type[Algorithm]", made)


def fit(
    train: Any,
    algorithm: AlgorithmLike | None = None,
    *,
    purpose: str | None = None,
    seed: int | None = None,
    valid: float | Any = None,
    items: Any = None,
    progress: Progress = False,
) -> Model:
    """Trains the algorithm that suits the data, or the one given; `model.chosen` says why.

    `purpose` is `rank` (lists, the default) or `predict` (ratings), or `ranking` or `rating` as the command has it.
    """
    name, settings, own = (None, {}, 0) if algorithm is None else named(algorithm)
    training = {"seed": own if seed is None else checked(seed), "purpose": purpose}
    return trained(train, name, settings, training, valid, items, None, progress)


def named(algorithm: AlgorithmLike) -> tuple[str, dict[str, Any], int]:
    """The name of an algorithm, the settings given with it, and its seed."""
    if isinstance(algorithm, Algorithm):
        return algorithm._name, algorithm._given, algorithm.seed
    if isinstance(algorithm, type) and issubclass(algorithm, Algorithm):
        return algorithm._name, {}, 0
    if not isinstance(algorithm, str):
        raise KindError(f"an algorithm is a name or one with its settings, such as cofil.Ials(), not {algorithm!r}")
    return by_name(algorithm)._name, {}, 0
