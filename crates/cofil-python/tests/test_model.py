"""Models: queries, changes, files, vectors."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import warnings

import numpy as np
import pytest
from conftest import rows

import cofil


def test_a_list_says_what_it_is_based_on(model):
    found = model.recommend("u1", n=5)
    assert (found.basis, found.reason, len(found), found.columns) == ("learned", None, 5, ["rank", "item", "score"])
    assert [row.rank for row in found] == [1, 2, 3, 4, 5]
    assert found["score"].tolist() == sorted(found["score"], reverse=True)
    seen = {item for user, item, *_ in rows() if user == "u1"}
    assert not seen & set(found["item"])
    stranger = model.recommend(history=["i1", ("i3", 5)], n=3)
    assert stranger.basis == "folded-in" and not {"i1", "i3"} & set(stranger["item"])
    assert model.recommend(history={"i1": 5, "i3": 5})["item"] == model.recommend(history=[("i1", 5), ("i3", 5)])["item"]
    popular = model.recommend("nobody")
    assert popular.basis == "popular" and popular.unknown == ["nobody"] and "not known" in popular.reason


def test_lists_are_limited_as_asked(model):
    best = model.recommend("u1", n=1)[0].item
    assert model.recommend("u1", n=1, exclude=[best])[0].item != best
    assert set(model.recommend("u1", candidates=["i0", "i1"], seen=True)["item"]) == {"i0", "i1"}
    assert len(model.recommend("u1", n=3, explain=2).because) == 3
    assert model.recommend("u1", n=9, popularity_penalty=1.0, pool=30)["item"] != model.recommend("u1", n=9)["item"]
    with pytest.raises(cofil.NotFoundError, match="unknown user `moon`"):
        model.recommend("moon", unknown="refuse")
    with pytest.raises(cofil.SettingError, match="did you mean `exclude`"):
        model.recommend("u1", exlude=["i1"])
    with pytest.raises(TypeError):
        model.recommend(history="i1")
    with pytest.raises(TypeError):
        model.recommend("u1", users=["u2"])


def test_many_users_get_the_lists_of_each(model):
    found = model.recommend(users=["u3", "moon", "u1"], n=4)
    assert found.columns == ["user", "item", "rank", "score"] and found.unknown == ["moon"]
    for user in ("u3", "u1"):
        alone = model.recommend(user, n=4)
        assert [row.item for row in found if row.user == user] == alone["item"]
    everybody = model.recommend_all(4)
    assert list(dict.fromkeys(everybody["user"])) == model.users
    for kind in (np.array(["u3", "u1"]), ("u3", "u1"), iter(["u3", "u1"])):
        assert model.recommend(users=kind, n=4).to_dict() == model.recommend(users=["u3", "u1"], n=4).to_dict()


def test_a_filter_needs_items(ratings, tmp_path):
    model = cofil.Ease().fit(ratings)
    with pytest.raises(cofil.SettingError, match="no item attributes"):
        model.recommend("u1", where="even = 1")
    model.set_items({"item": model.items, "title": [f"Film {i}" for i in model.items], "even": [int(i[1:]) % 2 for i in model.items]})
    found = model.recommend("u1", where="even = 1", n=3)
    assert all(int(row.item[1:]) % 2 == 1 and row.title == f"Film {row.item}" for row in found)
    model.save(tmp_path / "m")
    assert cofil.load(tmp_path / "m").recommend("u1", where="even = 1", n=3).to_dict() == found.to_dict()
    trained = cofil.Ease().fit(ratings, items={"item": ["i1"], "title": ["One"]})
    assert "title" in trained.recommend("u1").columns


def test_predictions_stand_in_the_order_of_the_pairs(ratings):
    model = cofil.BiasedMf(factors=3, epochs=3).fit(ratings)
    found = model.predict([("u1", "i2"), ("moon", "i2"), ("u0", "i3")])
    assert found.columns == ["user", "item", "prediction"] and found.unknown == ["moon"]
    assert found[0].prediction == pytest.approx(model.predict("u1", "i2"))
    # The rating of an unknown user comes from the bias of the item.
    assert 1 <= found[1].prediction <= 5
    ranks = cofil.Popularity().fit(ratings).predict([("moon", "i2")])
    assert ranks[0].prediction is None and ranks.unknown == ["moon"]
    assert np.isnan(np.asarray(ranks)[0]) and np.asarray(found).shape == (3,)
    assert len(model.predict(ratings)) == len(ratings)
    with pytest.raises(cofil.NotFoundError):
        model.predict("moon", "i2")


def test_scores_are_not_taken_for_ratings(ratings):
    ranks = cofil.LogisticMf(factors=2, epochs=2).fit(ratings)
    for asked in (("u1", "i2"), ([("u1", "i2")],)):
        with pytest.warns(cofil.ReadWarning, match='logistic-mf only ranks items.* with purpose="rating"') as told:
            ranks.predict(*asked)
        assert len(told) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("error", cofil.ReadWarning)
            assert 0 < np.ravel(ranks.predict(*asked, probability=True))[0] < 1
            cofil.BiasedMf(factors=2, epochs=2).fit(ratings).predict(*asked)


def test_events_without_values_count_as_liked(ratings):
    model = cofil.BiasedMf(factors=2, epochs=2).fit(ratings)
    with pytest.warns(cofil.ReadWarning, match="no values: each event of a new pair counts as 5"):
        model.update([("new", "i2")])


def test_scores_are_explained(model):
    told = model.explain("u1", "i2")
    whole = told.base + told["contribution"].sum() + told.rest
    assert whole == pytest.approx(told.score, abs=1e-4)
    assert len(told) == sum(user == "u1" for user, *_ in rows())
    assert model.explain(None, "i2", history=["i4"]).basis == "folded-in"
    assert model.similar("i2", n=3).columns == ["rank", "item", "score"]
    assert model.similar_all(2)["item"][:2] == [model.items[0]] * 2
    assert "u1" not in model.similar_users("u1", n=3)["user"]


def test_an_interview_goes_on_from_the_answers(model):
    first = model.interview(questions=2)
    assert len(first.questions) == 2
    second = model.interview({first.questions[0]: "yes", first.questions[1]: 4.5})
    assert second.questions[0] not in first.questions and second.history[0]["item"] == first.questions[0]


def test_models_are_saved_and_pickled(model, tmp_path):
    path = tmp_path / "m.cofil"
    fingerprint = model.save(path)
    loaded = cofil.load(path)
    assert loaded.card["fingerprint"] == fingerprint
    assert path.read_bytes() == model.to_bytes() == loaded.to_bytes() == pickle.loads(pickle.dumps(model)).to_bytes()
    with pytest.raises(cofil.FormatError):
        cofil.Model.from_bytes(b"no model")
    for content in (bytearray(model.to_bytes()), memoryview(model.to_bytes())):
        assert cofil.Model.from_bytes(content).to_bytes() == model.to_bytes()
    with pytest.raises(cofil.DataError, match="not from a str; cofil.load takes a path"):
        cofil.Model.from_bytes(str(path))
    with pytest.raises(cofil.IoError, match="No such file"):
        cofil.load(tmp_path / "none")


def test_paths_are_text(model, ratings):
    for wrong, told in ((b"x.cofil", "not bytes; Model.from_bytes"), (5, "not an int"), ([], "not a list")):
        for ask in (
            lambda: cofil.load(wrong),
            lambda: model.save(wrong),
            lambda: model.export(wrong),
            lambda: cofil.Bpr().fit(ratings, checkpoint=wrong),
            lambda: cofil.tune(ratings, "ease", journal=wrong),
            lambda: cofil.reproduce("toy", data=wrong),
            lambda: cofil.plot.describe(ratings).save(wrong),
        ):
            with pytest.raises(cofil.DataError, match=f"a path is text or a pathlib.Path, {told}"):
                ask()


def test_ratings_are_pickled():
    made = cofil.Ratings(rows(), threshold=3, min_item=2)
    again = pickle.loads(pickle.dumps(made))
    assert again.to_dict() == made.to_dict() and again.fingerprint == made.fingerprint


def test_models_are_updated_and_forget(ratings):
    model = cofil.Ials(factors=4, epochs=2).fit(ratings)
    before = model.item_vectors
    kept = before.copy()
    told = model.update([("u1", "i1", 5), ("new", "i1", 4), ("new", "i77", 4)])
    assert (told["new_users"], told["new_items"]) == (1, 1)
    assert model.recommend("new").basis == "learned" and model.item_vectors.shape == (31, 4)
    told = model.forget(["new", "u1"])
    assert told["users"] == 2 and "u1" not in model.users
    assert model.forget(["u2"], refit=True)["exact"]
    with pytest.raises(cofil.NotFoundError):
        model.forget(["u2"])
    # The array of before is what it was.
    gc.collect()
    assert (before == kept).all()
    part = cofil.Ratings([("u3", "i1", 5)])
    assert model.update(part)["events"] == 1


def test_vectors_are_views(model):
    vectors = model.user_vectors
    assert vectors.shape == (len(model.users), 4) and vectors.dtype == np.float32
    assert not vectors.flags.writeable and not vectors.flags.owndata
    assert vectors.ctypes.data == model.user_vectors.ctypes.data
    scores = vectors @ model.item_vectors.T
    found = model.recommend("u1", n=30, seen=True)
    order = [model.items[i] for i in np.argsort(-scores[model.users.index("u1")], kind="stable")]
    assert found["item"] == order
    assert cofil.Popularity().fit([("a", "x")]).user_vectors is None


@pytest.mark.parametrize("name", ["Ials", "Svd", "Ease", "ItemKnn", "Mlp", "Blend", "GraphFilter"])
def test_all_arrays_are_shown(name, ratings, tmp_path):
    model = getattr(cofil, name)().fit(ratings)
    arrays = model.arrays
    assert {array: list(of.shape) for array, of in arrays.items()} == model.card["arrays"]
    if name in ("Ials", "Svd"):
        assert (arrays["item_factors"] == model.item_vectors).all() and (arrays["user_factors"] == model.user_vectors).all()
    if name in ("Ials", "Ease"):
        model.export(tmp_path / "m.npz")
        with np.load(tmp_path / "m.npz") as exported:
            assert all((exported[array] == of).all() for array, of in arrays.items())
    if name == "ItemKnn":
        sparse = pytest.importorskip("scipy.sparse")
        parts = [arrays[f"weights.{part}"] for part in ("values", "columns", "starts")]
        assert sparse.csr_matrix(tuple(parts), shape=(30, 30)).nnz == len(parts[0])
    # Copies: the model stays as it is.
    before = model.to_bytes()
    for array in arrays.values():
        array[:] = 0
    assert model.to_bytes() == before


def test_tables_go_everywhere(model):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pyarrow, duckdb = pytest.importorskip("pyarrow"), pytest.importorskip("duckdb")
    found = model.recommend_all(2)
    expected = found.to_dict()
    assert found.to_polars().to_dict(as_series=False) == expected
    assert found.to_arrow().to_pydict() == expected
    # By Arrow, and not row by row: types stay.
    assert polars.DataFrame(found).schema == found.to_polars().schema != polars.DataFrame(list(found), orient="row").schema
    assert found.to_pandas().to_dict("list") == expected
    assert pandas.DataFrame.from_arrow(found).to_dict("list") == expected
    assert duckdb.from_arrow(pyarrow.table(found)).fetchall() == [tuple(row) for row in found]
    assert found[3] == list(found)[3] and found[-1] == list(found)[-1]
    with pytest.raises(TypeError, match=r"a list is neither; to choose several, take to_pandas\(\)"):
        found[["user", "item"]]
    for wrong in (np.array(found["score"]) > 0, 1.5, None, (0, 1)):
        with pytest.raises(cofil.DataError, match="is neither"):
            found[wrong]
    with pytest.raises(IndexError):
        found[len(found)]
    with pytest.raises(KeyError, match="columns are user, item"):
        found["none"]
    assert "<table>" in found._repr_html_() and "80 rows" in repr(found)
    assert model.recommend("u1", n=0).to_pandas().empty and len(model.recommend("u1", n=0).to_polars()) == 0


def test_a_slice_is_a_table_of_its_kind(model, ratings):
    pandas = pytest.importorskip("pandas")
    train, test = ratings.split(by="random", test=0.2, seed=1)
    whole = [model.recommend("u1", explain=1), model.recommend_all(2), model.evaluate(test, seen=True), model.predict(test), ratings]
    cuts = (slice(3), slice(1, None), slice(None, None, -1), slice(-2, None), slice(0, 9, 2))
    for table in whole:
        for cut in cuts:
            part = table[cut]
            assert type(part) is type(table) and list(part) == list(table)[cut]
            assert part.to_pandas().dtypes.tolist() == table.to_pandas().dtypes.tolist()
            assert list(pickle.loads(pickle.dumps(part))) == list(part)
    assert whole[0][::-1].because == whole[0].because[::-1] and whole[0][:1].basis == "learned"
    assert len(whole[1][5:2]) == 0 and whole[1][5:2].to_pandas().dtypes.tolist() == whole[1].to_pandas().dtypes.tolist()
    # Categories and cleaning stay.
    frame = pandas.DataFrame(rows(), columns=["user", "item", "value", "time"]).astype({"user": "category"})
    part = cofil.Ratings(frame, threshold=4)[:100:2]
    assert isinstance(part.to_pandas()["user"].dtype, pandas.CategoricalDtype) and "below 4" in part.cleaning[0]
    assert part.users == list(dict.fromkeys(frame["user"][:100:2]))


def test_html_is_escaped():
    evil = "<script>alert(1)</script>"
    made = cofil.Ratings([("u", evil)])
    assert evil not in made._repr_html_() and "&lt;script&gt;" in made._repr_html_()


def test_a_thousand_rounds_do_not_grow(ratings):
    resource = pytest.importorskip("resource")

    def rounds(n):
        for seed in range(n):
            made = cofil.Ials(factors=2, epochs=1, seed=seed).fit(ratings)
            made.recommend("u1").to_dict()
            made.item_vectors.sum()
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = rounds(100)
    # In KiB: the same for ten times as many.
    assert rounds(1000) - before < 20_000


def test_updates_wait_for_nobody(ratings):
    model = cofil.Ials(factors=4, epochs=2).fit(ratings)
    more = threading.Thread(target=lambda: [model.update([(f"new{n}", "i1")]) for n in range(20)])
    more.start()
    for _ in range(20):
        model.recommend_all(n=2)
    more.join(60)
    assert not more.is_alive() and "new19" in model.users
    # From a function that hears of a query, too.
    model.recommend_all(n=2, progress=lambda event: model.forget([user for user in ["u1"] if user in model.users]))
    assert "u1" not in model.users


def test_results_go_to_other_processes(model, ratings):
    train, test = ratings.split(by="random", test=0.2, seed=1)
    results = [model.recommend("u1"), model.evaluate(test, seen=True), model.similar("i1"), model.explain("u1", "i1"), train]
    results.append(cofil.compare(train, test, algorithms=["popularity"]))
    for result in results:
        for again in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
            assert repr(again) == repr(result) and type(again) is type(result)
    assert pickle.loads(pickle.dumps(train)).fingerprint == train.fingerprint


def test_histories_are_lists_of_any_kind(model):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    expected = model.recommend(history=["i1", "i3"]).to_dict()
    for history in (np.array(["i1", "i3"]), pandas.Series(["i1", "i3"]), polars.Series(["i1", "i3"]), ("i1", "i3")):
        assert model.recommend(history=history).to_dict() == expected
    for wrong in (model.similar("i1"), pandas.DataFrame({"item": ["i1"]}), "i1", 7):
        with pytest.raises(TypeError, match="list of items"):
            model.recommend(history=wrong)
    with pytest.raises(ValueError, match="a pair"):
        model.recommend(history=[("i1", 1.0, 2.0)])


def test_ids_in_reasons_have_their_type():
    rows = [(user, item, 1.0) for user in range(30) for item in range(12) if (user * 7 + item * 3) % 5 < 3]
    model = cofil.Ease().fit(rows)
    assert [reason["item"] for entry in model.recommend(1, n=1, explain=2).because for reason in entry] != []
    assert all(isinstance(reason["item"], int) for entry in model.recommend(0, n=2, explain=2).because for reason in entry)
    assert model.interview(answers={1: "yes"}).history[0]["item"] == 1
    assert model.recommend_all(n=1, exclude=[1], candidates=np.array([1, 2]))["item"].tolist() != []
    assert len(model.recommend(users=np.array([1, 1, 2]), n=1)) == 2


def test_models_show_themselves(model):
    shown = model._repr_html_()
    for told in ("<th>algorithm</th><td>ials</td>", "<td>40</td>", "factors=4", "seed=1"):
        assert told in shown
    assert repr(model) == "<cofil.Model ials: 40 users, 30 items>"
    imported = cofil.import_model({"user_factors": np.eye(2), "item_factors": np.eye(2)}, target="preference", name="<b>")
    assert "&lt;b&gt;" in imported._repr_html_() and "settings" not in imported._repr_html_()
    assert pickle.loads(pickle.dumps(imported)).imported == imported.imported


def test_several_items_have_their_similar_ones(model):
    found = model.similar(["i1", "i2"], n=3)
    assert found.columns == ["item", "rank", "similar", "score"] and found["item"] == ["i1"] * 3 + ["i2"] * 3
    for item in ("i1", "i2"):
        assert [row.similar for row in found if row.item == item] == model.similar(item, n=3)["item"]
    assert model.similar(np.array(["i1"]), n=3)["similar"] == model.similar("i1", n=3)["item"]
    assert len(model.similar([])) == 0 and len(model.recommend(users=[])) == 0
    with pytest.raises(cofil.NotFoundError, match="unknown item `moon`"):
        model.similar(["i1", "moon"])


def test_empty_tables_have_the_types_of_others(model):
    pytest.importorskip("pandas")
    empty, full = model.recommend(users=[]).to_pandas(), model.recommend(users=["u1"]).to_pandas()
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_users_stand_where_they_belong(model):
    with pytest.raises(TypeError, match="for several users give users="):
        model.recommend(["u1", "u2"])
    with pytest.raises(cofil.NotFoundError, match="there is no column 'scor'; the columns are rank, item, score"):
        model.recommend("u1")["scor"]


def test_ratings_of_ratings_are_cleaned_as_before():
    made = cofil.Ratings(rows(), threshold=3)
    again = cofil.Ratings(made, min_item=2)
    assert again.to_dict() == made.to_dict() and again.cleaning == cofil.Ratings(rows(), threshold=3, min_item=2).cleaning
    assert cofil.Ratings(made, threshold=None).fingerprint != made.fingerprint
    pairs = cofil.Ratings([(user, item) for user, item, *_ in rows()])
    assert cofil.Ratings(pairs).fingerprint == pairs.fingerprint


def test_wrong_requests_are_told_in_plain_words(model, ratings):
    for wrong, told in (
        (lambda: model.recommend(history=[("i1", "x")]), "a finite number as its value"),
        (lambda: model.recommend(history=[("i1", float("nan"))]), "a finite number as its value"),
        (lambda: model.recommend(history=[("i1", 1, 2)]), "a pair"),
        (lambda: model.interview({"i1": True}), "yes, no"),
        (lambda: model.evaluate(ratings, candidates="sampled"), "give `sampled`"),
        (lambda: cofil.Ials(reg=float("nan")), "a finite number, not NaN"),
        (lambda: model.evaluate(ratings, rerank={"mmr": 2}), "must be from 0 to 1"),
        (lambda: cofil.tune(ratings, "ials", metric="rmse", trials=1), None),
    ):
        with pytest.raises(cofil.UnsupportedError if told is None else cofil.SettingError, match=told or "only ranks items"):
            wrong()
    for answers in (["i1"], "i1"):
        with pytest.raises(cofil.DataError, match="answers are a dictionary, such as"):
            model.interview(answers)
    with pytest.raises(cofil.IoError, match=r"No such file.*give both of its ids: predict\('u1', item\)"):
        model.predict("u1")
    with pytest.raises(cofil.DataError, match=r"predict\(5, item\)"):
        model.predict(5)
    with pytest.raises(cofil.DataError, match=r"recommend\('u1'\)"):
        model.recommend(users="u1")
    with pytest.raises(cofil.SettingError, match="where"):
        model.recommend("u1", where="even = 1")
    with pytest.raises(cofil.FormatError, match="train a model on it first"):
        cofil.load(__file__)
    with pytest.raises(AttributeError, match="did you mean 'Ease'"):
        cofil.EASE
    assert cofil.fit(ratings, "ItemKnn").algorithm == "item-knn"


def test_reranking_is_taken_together_and_apart(ratings):
    train, test = ratings.split(seed=1)
    model = cofil.Ease().fit(train)
    apart, plain = model.evaluate(test, mmr=0.1, resamples=0), model.evaluate(test, resamples=0)
    together = model.evaluate(test, rerank={"mmr": 0.1}, resamples=0)
    assert together["ndcg@10"].value == apart["ndcg@10"].value != plain["ndcg@10"].value


def test_true_values_stand_beside_predictions(ratings, model):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rows()[:9], columns=["user", "item", "rating", "time"])
    for made in (frame, cofil.Ratings(rows()[:9])):
        found = model.predict(made)
        assert found.columns == ["user", "item", "value", "prediction"]
        assert found["value"].tolist() == [row[2] for row in rows()[:9]]
    # What is to be predicted may have no value yet.
    assert len(model.predict(frame.assign(rating=float("nan")))) == 9


def test_a_blend_is_of_algorithms(ratings):
    train, _ = ratings.split(seed=1)
    model = cofil.Blend(of=[cofil.Ease(reg=7), "popularity"]).fit(train)
    assert model.card["algorithm"]["of"] == [{"algorithm": "ease", "reg": 7}, "popularity"]


def test_a_board_has_intervals_and_baselines(ratings):
    train, test = ratings.split(seed=1)
    board = cofil.compare(train, test, algorithms=["popularity", "ease"], metrics="ndcg@10")
    assert board["algorithm"] == ["ease", "popularity", "random"] or board["algorithm"][-1] == "random"
    assert {"low", "high", "effect", "p"} <= set(board.columns)
    assert board.warnings == []
    most = cofil.Ratings([*rows()[:50]])
    with pytest.raises(cofil.DataError, match="are in the training data"):
        cofil.compare(cofil.Ratings(rows()), most, algorithms=["popularity"])
