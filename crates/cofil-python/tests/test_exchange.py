"""Importing and exporting models, checked with the other libraries."""

from __future__ import annotations

import json
import math
import pathlib
import re
import warnings

import numpy as np
import pytest
from conftest import rows

import cofil

DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs"
# Few epochs: whether the graphs are right does not depend on how good the models are.
SMALL = {"factors": 5, "epochs": 3, "layers": [8, 4], "hidden": 6, "neighbours": 5}


def snippets(page: str, *names: str) -> dict:
    """The names that the Python blocks of a page define."""
    found: dict = {}
    for block in re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL):
        exec(compile(block, page, "exec"), found)
    return found


def small(name: str) -> cofil.algorithms.Algorithm:
    made = getattr(cofil, name)
    known = made().get_params()
    return made(**{setting: value for setting, value in SMALL.items() if setting in known and setting != "layers"})


def scores(model: cofil.Model, **who) -> np.ndarray:
    """The scores of all items, in the order of the model."""
    found = model.recommend(n=len(model.items), seen=True, **who)
    by_item = dict(zip(found["item"], found["score"]))
    assert len(by_item) == len(model.items)
    return np.array([by_item[item] for item in model.items], dtype=np.float32)


def session(path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx").checker.check_model(str(path), full_check=True)
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def graph_scores(model, run, history, user=None) -> np.ndarray:
    """The scores of a graph for a user, or for a history where it takes those."""
    inputs = {one.name for one in run.get_inputs()}
    items = len(model.items)
    if inputs == {"history"}:
        row = np.zeros((2, items), dtype=np.float32)
        for item, value in history:
            row[0, model.items.index(item)] = value
        return run.run(None, {"history": row})[0][0]
    number = model.users.index(user)
    if inputs == {"user"}:
        return run.run(None, {"user": np.array([0, number])})[0][1]
    pairs = {"user": np.full(items, number), "item": np.arange(items)}
    return run.run(None, pairs)[0]


@pytest.mark.parametrize("values", ["ratings", "events"])
@pytest.mark.parametrize("name", [name for name in cofil.algorithms.__all__ if name != "Algorithm"])
def test_graphs_score_as_the_model(name, values, tmp_path):
    table = rows() if values == "ratings" else [(user, item) for user, item, *_ in rows()]
    try:
        model = small(name).fit(table)
    except cofil.Error:
        assert values == "events" and small(name).fit(rows()).card["target"] == "rating"
        return
    path = tmp_path / "m.onnx"
    try:
        report = model.export(path)
    except cofil.UnsupportedError as error:
        assert name in ("UserKnn", "KnnBaseline", "GraphFilter", "Blend") and "ONNX" in str(error)
        return
    assert report["bytes"] == sum(pathlib.Path(file).stat().st_size for file in report["files"])
    run = session(path)
    names = json.loads((tmp_path / "m.onnx.json").read_text())
    assert names["items"] == model.items and names.get("users", model.users) == model.users
    for user in ("u0", "u1", "u17"):
        history = [(row[1], row[2] if values == "ratings" else 1.0) for row in rows() if row[0] == user]
        found = graph_scores(model, run, history, user)
        np.testing.assert_allclose(found, scores(model, user=user), rtol=1e-5, atol=1e-5)
        if "users" not in names:
            stranger = [("i2", 5.0), ("i3", 1.0)] if values == "ratings" else [("i2", 1.0)]
            found = graph_scores(model, run, stranger)
            np.testing.assert_allclose(found, scores(model, history=stranger), rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(graph_scores(model, run, []), scores(model), rtol=1e-5, atol=1e-5)


def test_graphs_know_what_nobody_likes(tmp_path):
    table = [*(row[:3] for row in rows()), ("u0", "bad", 1.0), ("u1", "bad", 1.0), ("grump", "i1", 1.0)]
    for algorithm in (cofil.Ials(factors=3, epochs=2), cofil.Ease(), cofil.Gmf(factors=3, epochs=2)):
        model = algorithm.fit(table)
        model.export(tmp_path / "m.onnx")
        found = graph_scores(model, session(tmp_path / "m.onnx"), [("i2", 5.0)], "u0")
        assert found[model.items.index("bad")] == np.float32(-1e9)
        if model.algorithm != "ease":
            continue
        nothing = graph_scores(model, session(tmp_path / "m.onnx"), [("i1", 1.0)])
        np.testing.assert_allclose(nothing, scores(model, history=[("i1", 1.0)]), rtol=1e-5)
    ials = cofil.Ials(factors=3, epochs=2).fit(table)
    ials.export(tmp_path / "m.onnx")
    found = graph_scores(ials, session(tmp_path / "m.onnx"), [], "grump")
    np.testing.assert_allclose(found, scores(ials, user="grump"), rtol=1e-5)


@pytest.mark.parametrize("kind", ["als", "bpr", "lmf"])
def test_models_of_implicit_give_its_lists(kind, tmp_path):
    sparse = pytest.importorskip("scipy.sparse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        implicit = pytest.importorskip("implicit")
        made = {
            "als": implicit.cpu.als.AlternatingLeastSquares,
            "bpr": implicit.cpu.bpr.BayesianPersonalizedRanking,
            "lmf": implicit.cpu.lmf.LogisticMatrixFactorization,
        }[kind](factors=6, iterations=8, random_state=1)
        ratings = cofil.Ratings([(user, item) for user, item, *_ in rows()])
        users, items = sorted(set(ratings.to_dict()["user"])), sorted(set(ratings.to_dict()["item"]))
        pairs = [(users.index(user), items.index(item)) for user, item, *_ in rows()]
        matrix = sparse.csr_matrix(
            (np.ones(len(pairs), np.float32), tuple(np.array(pairs).T)), (len(users), len(items))
        )
        made.fit(matrix, show_progress=False)
        made.save(tmp_path / "m.npz")
    model = cofil.import_model(tmp_path / "m.npz", user_ids=users, item_ids=items, seen=ratings)
    assert model.algorithm == f"implicit-{kind}" and model.users == users and model.items == items
    assert model.imported["factors"] == 6 and model.imported["interactions"] == len(pairs)
    for number, user in enumerate(users):
        best, values = made.recommend(number, matrix[number], N=8)
        found = model.recommend(user, n=8)
        assert found["item"] == [items[item] for item in best]
        np.testing.assert_allclose(found["score"], values, rtol=2e-5, atol=1e-6)
    model.save(tmp_path / "m.cofil")
    assert cofil.load(tmp_path / "m.cofil").recommend("u1")["item"] == model.recommend("u1")["item"]
    report = model.evaluate([("u1", "i3"), ("u2", "i4")], metrics=["ndcg@10"])
    assert 0 <= report["ndcg@10"].value <= 1
    assert model.recommend(history=["i2", "i4"], n=3).basis == "folded-in"


class Trainset:
    """What Surprise's algorithms hold of their data."""

    def __init__(self, of: list[tuple[str, str, float]]) -> None:
        self.users, self.items = [list(dict.fromkeys(row[at] for row in of)) for at in (0, 1)]
        self.ur = {u: [(self.items.index(i), r) for v, i, r in of if v == user] for u, user in enumerate(self.users)}
        self.global_mean, self.rating_scale = float(np.mean([row[2] for row in of])), (1, 5)

    def all_users(self):
        return range(len(self.users))

    def all_items(self):
        return range(len(self.items))

    def to_raw_uid(self, user):
        return self.users[user]

    def to_raw_iid(self, item):
        return self.items[item]


class Surprise:
    """The fields of a trained SVD++ of Surprise, and its prediction."""

    def __init__(self, train: Trainset, biased: bool, plus_plus: bool) -> None:
        draw = np.random.default_rng(3)
        self.trainset, self.biased = train, biased
        self.pu, self.qi = draw.normal(0, 0.5, (len(train.users), 4)), draw.normal(0, 0.5, (len(train.items), 4))
        self.bu, self.bi = draw.normal(0, 0.3, len(train.users)), draw.normal(0, 0.3, len(train.items))
        if plus_plus:
            self.yj = draw.normal(0, 0.2, (len(train.items), 4))

    def predict(self, u: int, i: int) -> float:
        p = self.pu[u]
        if hasattr(self, "yj"):
            rated = self.trainset.ur[u]
            p = p + sum(self.yj[j] for j, _ in rated) / math.sqrt(len(rated))
        base = self.trainset.global_mean + self.bu[u] + self.bi[i] if self.biased else 0.0
        return min(5.0, max(1.0, base + float(p @ self.qi[i])))


@pytest.mark.parametrize(("biased", "plus_plus"), [(True, False), (False, False), (True, True)])
def test_factors_of_surprise_predict_as_it_does(biased, plus_plus, tmp_path):
    algo = Surprise(Trainset([row[:3] for row in rows()]), biased, plus_plus)
    snippets("models.md")["save_surprise"](algo, tmp_path / "m.npz")
    model = cofil.import_model(tmp_path / "m.npz")
    assert model.card["imported"]["target"] == "rating" and model.users == algo.trainset.users
    for user, item in [("u1", "i2"), ("u7", "i9"), ("u30", "i1")]:
        expected = algo.predict(algo.trainset.users.index(user), algo.trainset.items.index(item))
        assert model.predict(user, item) == pytest.approx(expected, abs=1e-5)


def test_arrays_of_lightfm_score_as_it_does(tmp_path):
    draw = np.random.default_rng(5)

    class LightFM:
        user_embeddings, item_embeddings = draw.normal(size=(3, 4)), draw.normal(size=(5, 4))
        user_biases, item_biases = draw.normal(size=3), draw.normal(size=5)

    snippets("models.md")["save_lightfm"](LightFM, tmp_path / "m.npz", ["a", "b", "c"], [10, 20, 30, 40, 50])
    model = cofil.import_model(tmp_path / "m.npz", name="ours")
    assert (model.algorithm, model.items) == ("ours", [10, 20, 30, 40, 50])
    expected = LightFM.user_embeddings @ LightFM.item_embeddings.T + LightFM.item_biases + LightFM.user_biases[:, None]
    np.testing.assert_allclose(scores(model, user="b"), expected[1], rtol=1e-5, atol=1e-6)


def test_arrays_in_memory_become_a_model():
    users, items = np.eye(2, 3, dtype=">f8"), np.asfortranarray(np.arange(12.0).reshape(4, 3))
    arrays = {"user_factors": users, "item_factors": items}
    model = cofil.import_model(arrays, user_ids=np.array([7, 8]), target="preference")
    assert (model.users, model.items) == ([7, 8], [0, 1, 2, 3])
    assert any("item ids" in note for note in model.imported["notes"])
    np.testing.assert_allclose(scores(model, user=8), items[:, 1])
    with pytest.raises(TypeError, match="a tuple is neither a path nor a dictionary of arrays"):
        cofil.import_model((users, items))
    with pytest.raises(cofil.SettingError, match="`target`"):
        cofil.import_model(arrays)
    with pytest.raises(cofil.SettingError, match="`scale`"):
        cofil.import_model(arrays, target="rating")
    with pytest.raises(cofil.SettingError, match="did you mean `target`"):
        cofil.import_model(arrays, taget="rating")
    with pytest.raises(cofil.DataError, match="has an id twice"):
        cofil.import_model(arrays, user_ids=["a", "a"], target="preference")
    with pytest.raises(cofil.DataError, match="pickle"):
        cofil.import_model({**arrays, "users": np.array(["a", "b"], dtype=object)}, target="preference")


def test_arrays_of_any_precision_become_a_model():
    draw = np.random.default_rng(1)
    arrays = {"user_factors": draw.normal(size=(2, 3)), "item_factors": draw.normal(size=(4, 3))}
    for kind in ("float16", "float32", "longdouble"):
        cast = {name: of.astype(kind) for name, of in arrays.items()}
        model = cofil.import_model(cast, target="preference")
        expected = (cast["user_factors"] @ cast["item_factors"].T).astype("float32")
        np.testing.assert_allclose(scores(model, user=1), expected[1], rtol=0.01, atol=0.01)


def test_vectors_of_items_in_memory_are_those_of_a_file(tmp_path):
    vectors = np.random.default_rng(1).normal(size=(30, 4)).astype("float32")
    items, seen = [f"i{n}" for n in range(30)], [row[:2] for row in rows()]
    np.save(tmp_path / "v.npy", vectors)
    expected = cofil.import_model(tmp_path / "v.npy", item_ids=items, seen=seen, target="preference")
    made = cofil.import_model({"item_factors": vectors}, item_ids=items, seen=seen, target="preference")
    assert made.to_bytes() == expected.to_bytes() and made.imported == expected.imported
    half = cofil.import_model({"qi": vectors.astype("float16")}, item_ids=items, seen=seen, target="preference")
    assert half.recommend(history=["i1"]).basis == "folded-in"
    np.save(tmp_path / "u.npy", vectors[:5])
    both = cofil.import_model({"item_factors": vectors}, user_vectors=tmp_path / "u.npy", item_ids=items, target="preference")
    np.testing.assert_allclose(both.user_vectors, vectors[:5])


def test_vectors_give_the_lists_of_the_model(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    model = cofil.BiasedMf(factors=4, epochs=4, seed=2).fit(rows())
    model.export(tmp_path / "items.parquet")
    table = parquet.read_table(tmp_path / "items.parquet").to_pydict()
    assert table["item"] == model.items
    items = np.array(table["vector"], dtype=np.float32)
    model.export(tmp_path / "users.npy", vectors="users")
    users = np.load(tmp_path / "users.npy")
    assert users.dtype == np.float32 and users.flags.c_contiguous and items.shape[1] == users.shape[1] == 5
    assert json.loads((tmp_path / "users.npy.json").read_text())["users"] == model.users
    for number, user in enumerate(model.users):
        order = np.argsort(-(items @ users[number]), kind="stable")
        assert [model.items[item] for item in order[:5]] == model.recommend(user, n=5, seen=True)["item"]
    model.export(tmp_path / "items.csv")
    first = (tmp_path / "items.csv").read_text().splitlines()[1]
    assert re.fullmatch(r'i\d+,"\[-?[\d.]+(,-?[\d.]+){4}\]"', first)


def test_exported_arrays_come_back(tmp_path):
    model = cofil.BiasedMf(factors=4, epochs=4, seed=2).fit(rows())
    model.export(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as arrays:
        assert arrays["user_factors"].shape == (40, 4) and arrays["user_ids"].tolist() == model.users
        assert str(arrays["target"]) == "rating" and arrays["scale"].tolist() == [1, 5]
    again = cofil.import_model(tmp_path / "m.npz")
    assert again.predict("u3", "i4") == model.predict("u3", "i4") and model.imported is None


@pytest.mark.parametrize("table", [rows(), [(7, 1), (8, 2), (8, 1)]])
def test_model_files_are_read_without_cofil(table, tmp_path):
    model = cofil.Als(factors=3, epochs=2).fit(table) if len(table) > 3 else cofil.Ials(factors=3, epochs=2).fit(table)
    model.save(tmp_path / "m.cofil")
    found = snippets("format.md")
    header, ids, arrays = found["read_model"](tmp_path / "m.cofil")
    assert header["kind"] == "factors" and header["card"]["seed"] == 0
    assert ids == {"users": [str(user) for user in model.users], "items": [str(item) for item in model.items]}
    names = {"header": header, "arrays": arrays, "u": 1}
    formula = re.search(r"scores of user u are then\n`(.*?)`", (DOCS / "format.md").read_text(), re.DOTALL)
    assert formula
    expected = eval(formula[1].replace("\n", " "), names)
    np.testing.assert_allclose(scores(model, user=model.users[1]), expected, rtol=1e-5, atol=1e-6)
