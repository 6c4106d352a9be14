"""Importing models trained with other libraries."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cofil import _cofil
from cofil._errors import KindError
from cofil._input import a, column, path
from cofil._model import Model, events

# What the vectors of items are called in files.
ITEM_VECTORS = {"item_factors", "qi", "item_embeddings"}

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
    arrays with the names of such an `.npz` file, or of `item_factors` alone. `user_ids` and `item_ids` are lists, or
    files, in the order of the rows; without any, users and items are numbered from 0. `seen` are the interactions the
    model was trained on. Pickles are never read.

    Raises `DataError` for files that cannot be read or do not fit together, `SettingError` if the meaning of the
    scores (`target`) or the range of ratings (`scale`) has to be given.
    """
    read: str | bytes
    if isinstance(source, Mapping):
        arrays = {name: wide(of) for name, of in source.items()}
        if len(arrays) == 1 and not ITEM_VECTORS.isdisjoint(arrays):
            # The library reads them from a file.
            with saved(*arrays.values()) as file:
                return import_model(
                    file, user_vectors=user_vectors, user_ids=user_ids, item_ids=item_ids, seen=seen, **options
                )
        read = npz(arrays)
    elif isinstance(source, (str, os.PathLike)):
        read = path(source)
    else:
        raise KindError(f"{a(source)} is neither a path nor a dictionary of arrays such as {{'user_factors': …}}")
    vectors = None if user_vectors is None else path(user_vectors)
    inner, report = _cofil.import_model(
        read, vectors, ids(user_ids), ids(item_ids), events(seen), dict(options)
    )
    model = Model(inner)
    model.imported = report
    return model


@contextmanager
def saved(vectors: Any) -> Iterator[str]:
    """A file of vectors, as long as it is needed."""
    import tempfile

    import numpy

    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "vectors.npy")
        numpy.save(file, vectors)
        yield file


def npz(arrays: dict[str, Any]) -> bytes:
    import numpy

    file = io.BytesIO()
    numpy.savez(file, **arrays)
    return file.getvalue()


def wide(of: Any) -> Any:
    """An array with numbers of the precisions that the library reads."""
    import numpy

    made = numpy.asarray(of)
    # `bfloat16` is a type of another library to NumPy.
    if made.dtype.name in ("float16", "bfloat16"):
        return made.astype("float32")
    return made.astype("float64") if made.dtype.kind == "f" and made.itemsize > 8 else made


def ids(of: Any) -> Any:
    return path(of) if isinstance(of, (str, os.PathLike)) else None if of is None else column(of)
