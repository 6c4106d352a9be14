"""Importing models trained with other libraries."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cofil import _cofil
from cofil._errors import KindError
from cofil._input import a, column
from cofil._model import Model, events

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from cofil._options import ImportOptions


def import_model(
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    user_vectors: str | os.PathLike[str] | None = None,
    user_ids: Any = None,
    item_ids: Any = None,
    seen: Any = None,
    **options: Unpack[ImportOptions],
) -> Model:
    """Imports a model trained with another library; its `imported` says what was found and assumed.

    `source` is an `.npz` file of implicit, Surprise or LightFM or with `user_factors` and `item_factors`, a text model
    of LIBMF, a table or `.npy` file of item vectors (with `user_vectors` for those of users), or a dictionary of NumPy
    arrays with the names of such an `.npz` file. `user_ids` and `item_ids` are lists, or files, in the order of the
    rows; without any, users and items are numbered from 0. `seen` are the interactions the model was trained on.
    Pickles are never read.

    Raises `DataError` for files that cannot be read or do not fit together, `SettingError` if the meaning of the
    scores (`target`) or the range of ratings (`scale`) has to be given.
    """
    read: str | bytes
    if isinstance(source, Mapping):
        import numpy

        file, arrays = io.BytesIO(), dict(source)
        numpy.savez(file, **arrays)
        read = file.getvalue()
    elif isinstance(source, (str, os.PathLike)):
        read = os.fspath(source)
    else:
        raise KindError(f"{a(source)} is neither a path nor a dictionary of arrays such as {{'user_factors': …}}")
    vectors = None if user_vectors is None else os.fspath(user_vectors)
    inner, report = _cofil.import_model(
        read, vectors, ids(user_ids), ids(item_ids), events(seen), dict(options)
    )
    model = Model(inner)
    model.imported = report
    return model


def ids(of: Any) -> Any:
    return os.fspath(of) if isinstance(of, (str, os.PathLike)) else None if of is None else column(of)
