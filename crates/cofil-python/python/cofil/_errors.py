"""Exceptions and warnings. Each kind of error of the library has a class, with the words of the command."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable


class Error(Exception):
    """Any error of cofil. `setting` names the setting at fault, if there is one."""

    setting: str | None = None


class SettingError(Error, ValueError):
    """A setting does not exist or has an invalid value."""


class NotFoundError(Error, KeyError):
    """A user or an item is not in the model or the table."""

    # A `KeyError` shows its message in quotes.
    __str__ = Exception.__str__


class DataError(Error, ValueError):
    """The data cannot be read, or does not support the request."""


class KindError(DataError, TypeError):
    """What was given is not a table, column or id."""


class UnsupportedError(Error, RuntimeError):
    """The model does not support the request."""


class StoppedError(Error, RuntimeError):
    """The work was stopped."""


class DivergedError(Error, ArithmeticError):
    """Training produced numbers that are not finite."""


class IoError(Error, OSError):
    """A file operation failed."""


class FormatError(Error, ValueError):
    """A model file is damaged, of another format, or from a newer version."""


class ResourcesError(Error, MemoryError):
    """The machine does not have enough memory or threads."""


class InternalError(Error, RuntimeError):
    """A bug in cofil."""


BY_KIND: dict[str, type[Error]] = {
    "setting": SettingError,
    "not-found": NotFoundError,
    "data": DataError,
    "kind": KindError,
    "unsupported": UnsupportedError,
    "stopped": StoppedError,
    "diverged": DivergedError,
    "io": IoError,
    "format": FormatError,
    "resources": ResourcesError,
    "internal": InternalError,
}


def of_kind(kind: str) -> type[Error]:
    """The class of a kind of error; the extension asks for it."""
    return BY_KIND.get(kind, Error)


class ReadWarning(UserWarning):
    """A guess or a loss of reading that may be a mistake: a column taken for another, ids that no model knows, scores
    that are no ratings."""


HERE = os.path.dirname(__file__)


def note(notes: Iterable[str]) -> None:
    """Warns of each note of the reader where the package was called; the extension does, too."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HERE):
        level, frame = level + 1, frame.f_back
    for said in notes:
        warnings.warn(said, ReadWarning, stacklevel=level)
