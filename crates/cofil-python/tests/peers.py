"""Models trained by Surprise, LightFM and LIBMF predict the same once imported, to 1e-5.

Run by `./check migration` in the environment of these libraries, which take minutes to build.
"""

from __future__ import annotations

import ctypes
import pathlib
import random
import re
import tempfile

import numpy as np

import cofil

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/models.md"
# The functions of the page that write models.
PAGES: dict = {}
for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
    exec(compile(block, "models.md", "exec"), PAGES)

draw = random.Random(1)
ROWS = [(u, i, float(draw.randint(1, 5))) for u in range(40) for i in range(30) if draw.random() < 0.4]
USERS, ITEMS = sorted({u for u, _, _ in ROWS}), sorted({i for _, i, _ in ROWS})
FOLDER = pathlib.Path(tempfile.mkdtemp())


def same(name: str, ours: list[float], theirs: list[float]) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5, err_msg=name)
    assert np.ptp(theirs) > 0.1, f"{name} predicts the same for all"
    print(f"{name}: {len(theirs)} predictions are the same")


def scores(model: cofil.Model, user: object) -> list[float]:
    found = model.recommend(user, n=len(model.items), seen=True)
    by_item = dict(zip(found["item"], found["score"]))
    return [float(by_item[item]) for item in model.items]


def surprise() -> None:
    import pandas
    from surprise import NMF, SVD, Dataset, Reader, SVDpp

    data = Dataset.load_from_df(pandas.DataFrame(ROWS, columns=["user", "item", "rating"]), Reader(rating_scale=(1, 5)))
    train = data.build_full_trainset()
    for algorithm in (
        SVD(n_factors=5, n_epochs=10, random_state=1), SVD(n_factors=5, n_epochs=10, biased=False, init_mean=0.8, random_state=1),
        SVDpp(n_factors=5, n_epochs=10, random_state=1), NMF(n_factors=5, n_epochs=10, random_state=1),
    ):
        algorithm.fit(train)
        PAGES["save_surprise"](algorithm, FOLDER / "surprise.npz")
        model = cofil.import_model(FOLDER / "surprise.npz", seen=ROWS)
        pairs = [(u, i) for u in USERS for i in ITEMS]
        name = f"Surprise {type(algorithm).__name__}{'' if getattr(algorithm, 'biased', True) else ' without biases'}"
        same(name, [model.predict(u, i) for u, i in pairs], [algorithm.predict(u, i).est for u, i in pairs])


def lightfm() -> None:
    from lightfm import LightFM
    from scipy.sparse import coo_matrix

    rows, columns = [USERS.index(u) for u, _, _ in ROWS], [ITEMS.index(i) for _, i, _ in ROWS]
    matrix = coo_matrix((np.ones(len(ROWS), dtype=np.float32), (rows, columns)))
    for loss in ("warp", "bpr", "logistic"):
        theirs = LightFM(no_components=5, loss=loss, random_state=1)
        theirs.fit(matrix, epochs=10)
        PAGES["save_lightfm"](theirs, FOLDER / "lightfm.npz", USERS, ITEMS)
        model = cofil.import_model(FOLDER / "lightfm.npz", seen=ROWS)
        expected = [theirs.predict(user, np.arange(len(ITEMS))) for user in range(len(USERS))]
        same(f"LightFM {loss}", sum((scores(model, user) for user in USERS), []), np.concatenate(expected))


def libmf() -> None:
    from libmf import mf

    table = np.array(ROWS)
    theirs = mf.MF(k=5, nr_iters=20, nr_threads=1, quiet=True)
    theirs.fit(table)
    # As `mf-train` writes it, and `mf-predict` reads it. The package has no method for the first, and its `predict` takes
    # other pairs than those given.
    library, of = mf.mf, ctypes.addressof(theirs.model)
    library.mf_save_model.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    library.mf_predict.argtypes, library.mf_predict.restype = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int), ctypes.c_float
    assert library.mf_save_model(of, str(FOLDER / "libmf.model").encode()) == 0
    model = cofil.import_model(FOLDER / "libmf.model", scale=(1, 5), seen=ROWS)
    pairs = [(u, i) for u in USERS for i in ITEMS]
    expected = [min(5.0, max(1.0, library.mf_predict(of, u, i))) for u, i in pairs]
    same("LIBMF", [model.predict(u, i) for u, i in pairs], expected)


if __name__ == "__main__":
    surprise()
    lightfm()
    libmf()
