"""The algorithms: `cofil.algorithms.Ials`, also `cofil.Ials`. `cofil algorithms` lists them too."""

from __future__ import annotations

from cofil._algorithms import NAMES, Algorithm, attribute

__all__ = ["Algorithm", *NAMES]


def __getattr__(name: str) -> type[Algorithm]:
    return attribute(name, __name__)


def __dir__() -> list[str]:
    return __all__
