"""Figures: of a small matrix, of training, of learned vectors, of networks and of a table."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cofil import _cofil
from cofil._figures import Drawn
from cofil._input import path as path_of
from cofil._ratings import ratings

if TYPE_CHECKING:
    from cofil._algorithms import Algorithm
    from cofil._model import Model


class Figure:
    """A figure, shown by notebooks; `save` writes it as SVG or PNG."""

    def __init__(self, inner: _cofil.Figure | Drawn) -> None:
        self._inner = inner

    @property
    def svg(self) -> str:
        """The figure as SVG."""
        return self._inner.svg()

    @property
    def png(self) -> bytes:
        """The figure as PNG, with two pixels per unit of the SVG."""
        return self._inner.png()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file that ends in `.svg` or `.png`. Raises `FormatError` for another ending, `IoError`."""
        self._inner.save(path_of(path))

    def _repr_svg_(self) -> str:
        return self.svg

    def __reduce__(self) -> Any:
        """For other processes: what it looks like."""
        return Figure, (Drawn(self.svg, self.png),)

    def __copy__(self) -> Figure:
        # It never changes.
        return self

    def __deepcopy__(self, memo: Any) -> Figure:
        return self

    def __repr__(self) -> str:
        import re

        width, height = re.findall(r' (?:width|height)="(\d+)', self.svg.partition(">")[0])
        return f"<cofil.plot.Figure {width} × {height}>"


def matrix(data: Any, algorithm: Algorithm | None = None, *, model: Model | None = None) -> Figure:
    """The loss, the known values, and the predictions for all pairs of a table of at most 40 users and items.

    Trains `algorithm` on the table, or takes a `model` that was trained on it. Raises `UnsupportedError` for a larger table.
    """
    if (algorithm is None) == (model is None):
        raise TypeError("give an algorithm to train, such as cofil.Svd(factors=2), or model=")
    table = ratings(data)
    if algorithm is not None:
        model = algorithm.fit(table)
    assert model is not None
    return Figure(_cofil.plot_matrix(model._inner, table._inner))


def curve(model: Model) -> Figure:
    """Loss and validation metrics by epoch. Raises `UnsupportedError` for a model without epochs."""
    return Figure(_cofil.plot_curve(model._inner))


def map(model: Model) -> Figure:
    """Users and items by their vectors: two factors as they are, more as their first two principal components.

    Raises `UnsupportedError` for a model without vectors.
    """
    return Figure(_cofil.plot_map(model._inner))


def network(model: Model) -> Figure:
    """The layers of an autoencoder or a neural network, with their sizes.

    Raises `UnsupportedError` for an algorithm that is not a network.
    """
    return Figure(_cofil.plot_network(model._inner))


def describe(data: Any) -> Figure:
    """The distributions of values, and of interactions per user, per item and over time."""
    return Figure(_cofil.plot_ratings(ratings(data)._inner))
