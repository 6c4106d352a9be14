"""The algorithms: `cofil.algorithms.Ials`, also `cofil.Ials`. `cofil algorithms` lists them too."""

from __future__ import annotations

import sys

from cofil._algorithms import NAMES, Algorithm, by_name

__all__ = ["Algorithm", *NAMES]


def __getattr__(name: str) -> type[Algorithm]:
    if name not in NAMES and (like := [known for known in NAMES if known.lower() == name.lower()]):
        raise AttributeError(f"cofil has no {name!r}; did you mean {like[0]!r}?")
    if name not in NAMES:
        # Python looks for the nearest name in what `__dir__` returns.
        raise AttributeError(f"cofil has no {name!r}", name=name, obj=sys.modules[__name__])
    return by_name(NAMES[name])


def __dir__() -> list[str]:
    return __all__
