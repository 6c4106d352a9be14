"""The algorithms: `cofil.algorithms.Ials`, also `cofil.Ials`. `cofil algorithms` lists them too."""

from __future__ import annotations

from cofil._algorithms import NAMES, Algorithm, by_name

__all__ = ["Algorithm", *NAMES]


def __getattr__(name: str) -> type[Algorithm]:
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return by_name(NAMES[name])


def __dir__() -> list[str]:
    return __all__
