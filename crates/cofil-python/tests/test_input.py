"""Everything that ratings are made from gives the same ratings, and ids come back as they went in."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from conftest import rows

import cofil

ROWS = rows()
USER, ITEM, VALUE, TIME = map(list, zip(*ROWS))
COLUMNS = {"user": USER, "item": ITEM, "value": VALUE, "time": TIME}


def pandas_frame():
    return pytest.importorskip("pandas").DataFrame(COLUMNS)


def polars_frame():
    return pytest.importorskip("polars").DataFrame(COLUMNS)


def arrow_table():
    return pytest.importorskip("pyarrow").table(COLUMNS)


def arrow_batch():
    return pytest.importorskip("pyarrow").RecordBatch.from_pydict(COLUMNS)


def arrow_struct():
    return arrow_batch().to_struct_array()


def chunked():
    pyarrow = pytest.importorskip("pyarrow")
    table = arrow_table()
    return pyarrow.concat_tables([table.slice(0, 7), table.slice(7, 0), table.slice(7)])


def views():
    """Columns that are neither whole nor contiguous, and read-only."""
    value = np.repeat(np.array(VALUE), 2)[::2]
    time = np.concatenate([[0], TIME])[1:]
    value.flags.writeable = False
    return {"user": np.array(USER, dtype=object), "item": np.array(ITEM), "value": value, "time": time}


MAKERS = {
    "rows": lambda: ROWS,
    "generator": lambda: (row for row in ROWS),
    "dictionaries": lambda: [dict(zip(COLUMNS, row)) for row in ROWS],
    "columns": lambda: COLUMNS,
    "views": views,
    "pandas": pandas_frame,
    "polars": polars_frame,
    "arrow": arrow_table,
    "batch": arrow_batch,
    "struct": arrow_struct,
    "chunked": chunked,
    "parts": lambda: (polars_frame().slice(start, 100) for start in range(0, len(ROWS), 100)),
    "stream": lambda: arrow_table().to_reader(max_chunksize=50),
    "structured": lambda: np.array(
        ROWS, dtype=[("user", "U8"), ("item", "U8"), ("value", "f8"), ("time", "i8")]
    ),
    "duckdb": lambda: pytest.importorskip("duckdb").from_arrow(arrow_table()),
    "polars series": lambda: dict(polars_frame().to_dict()),
    "pandas series": lambda: dict(pandas_frame().items()),
    "narwhals": lambda: cofil._input.other_frame(pandas_frame()),
    "pandas without pyarrow": lambda: cofil._input.Frame(
        list(COLUMNS), [cofil._input.pandas_column(pandas_frame()[name]) for name in COLUMNS]
    ),
}


@pytest.mark.parametrize("how", MAKERS)
def test_every_kind_of_table_is_read_alike(how, ratings):
    made = cofil.Ratings(MAKERS[how]())
    assert made.fingerprint == ratings.fingerprint
    assert made.to_dict() == ratings.to_dict()


def test_parts_of_files_are_read_alike(csv, tmp_path, ratings):
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    parquet, dataset = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow.dataset")
    parquet.write_table(arrow_table(), tmp_path / "r.parquet")
    pandas_frame().to_json(tmp_path / "r.jsonl", orient="records", lines=True)
    with pyarrow.ipc.new_file(tmp_path / "r.arrow", arrow_table().schema) as file:
        file.write_table(arrow_table())
    for open_parts in (
        lambda: pandas.read_csv(csv, chunksize=100),
        lambda: pandas.read_json(tmp_path / "r.jsonl", lines=True, chunksize=100),
        lambda: parquet.ParquetFile(tmp_path / "r.parquet"),
        lambda: dataset.dataset(tmp_path / "r.parquet"),
        lambda: dataset.dataset(tmp_path / "r.parquet").scanner(),
        lambda: pyarrow.ipc.open_file(tmp_path / "r.arrow"),
    ):
        assert cofil.Ratings(open_parts()).fingerprint == ratings.fingerprint
    model = cofil.Popularity().fit(pandas.read_csv(csv, chunksize=100))
    assert len(model.predict(pandas.read_csv(csv, chunksize=100))) == len(ROWS)
    # Parts are read with the options of the whole.
    made = cofil.Ratings(iter([{"who": ["a"], "what": ["x"]}, {"who": ["b"], "what": ["x"]}]), user="who", item="what")
    assert made.users == ["a", "b"]
    matrix = pandas.DataFrame([[1, 2], [3, 4]], index=["ann", "bob"], columns=["tea", "jam"])
    assert cofil.Ratings((matrix.iloc[at : at + 1] for at in (0, 1)), shape="matrix").users == ["ann", "bob"]


def test_lazy_tables_are_read_without_a_warning(ratings):
    # Warnings of others are errors here.
    lazy = polars_frame().lazy()
    made = cofil.Ratings(lazy, user="user", item=2)
    assert made.fingerprint == ratings.fingerprint
    model = cofil.Popularity().fit(lazy)
    assert len(model.predict(lazy)) == len(ROWS)
    with pytest.raises(TypeError, match="not a table"):
        model.recommend(users=lazy)
    with pytest.raises(TypeError, match="not a table"):
        model.recommend(history=lazy)


def test_files_are_read_as_the_command_reads_them(csv, ratings):
    assert cofil.read(csv).fingerprint == ratings.fingerprint
    assert cofil.Ratings(str(csv)).fingerprint == ratings.fingerprint
    assert "comma-separated" in cofil.read(csv).read_as


def test_matrices_name_their_axes():
    sparse = pytest.importorskip("scipy.sparse")
    users, items = sorted(set(USER)), sorted(set(ITEM))
    cells = (VALUE, ([users.index(u) for u in USER], [items.index(i) for i in ITEM]))
    for kind in ("coo", "csr", "csc"):
        matrix = sparse.coo_array(cells, shape=(len(users), len(items))).asformat(kind)
        made = cofil.Ratings(matrix, users=users, items=np.array(items))
        assert sorted((r.user, r.item, r.value) for r in made) == sorted(row[:3] for row in ROWS)
    with pytest.raises(ValueError, match="transpose it"):
        cofil.Ratings(matrix.T, users=users, items=items)
    with pytest.raises(cofil.DataError, match="rows of a matrix are users"):
        cofil.Ratings(matrix)
    with pytest.raises(TypeError, match="name the rows and columns"):
        cofil.Ratings(ROWS, users=users)
    # Equal entries add up, as SciPy means them.
    twice = sparse.coo_array(([1.0, 2.0], ([0, 0], [0, 0])), shape=(1, 1))
    assert cofil.Ratings(twice, users=["a"], items=["x"])["value"].tolist() == [3.0]


def ids_of(make):
    pairs = [(make(u), make(100 + (u * i) % 7)) for u in range(8) for i in range(4)]
    return cofil.Ratings([(u, i) for u, i in pairs], implicit=True), pairs


@pytest.mark.parametrize(
    "make",
    [int, str, lambda n: uuid.UUID(int=n), lambda n: -n, lambda n: f"naïve {n} 👩‍🔬", lambda n: 2**62 + n],
    ids=["int", "str", "uuid", "negative", "unicode", "large"],
)
def test_ids_come_back_as_they_went_in(make):
    ratings, pairs = ids_of(make)
    kind = type(pairs[0][0])
    assert {type(user) for user in ratings["user"]} <= {kind, np.int64}
    model = cofil.ItemKnn(neighbours=3).fit(ratings)
    for again in (model, cofil.Model.from_bytes(model.to_bytes())):
        user, items = pairs[0][0], {item for _, item in pairs}
        found = again.recommend(user, n=3, seen=True)
        assert found.basis == "learned" and len(found) == 3
        assert all(type(row.item) is kind and row.item in items for row in found)
        assert again.users == list(dict.fromkeys(user for user, _ in pairs))
        assert [row.user for row in again.recommend(users=[user], n=2, seen=True)] == [user] * 2
        assert again.explain(user, pairs[0][1]).score == pytest.approx(again.predict(user, pairs[0][1]))
        assert again.recommend(history=[pairs[0][1]], n=1)[0].item in items
        frame = again.recommend_all(2, seen=True)
        if kind is not uuid.UUID:
            assert frame.to_polars()["item"].to_list() == frame.to_pandas()["item"].tolist()
        assert type(frame.to_pandas()["item"][0]) in (kind, np.int64)


def test_categories_stay_categories():
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    frame = pandas.DataFrame({"user": pandas.Categorical(USER), "item": ITEM, "value": VALUE})
    for data in (frame, polars.DataFrame(COLUMNS).with_columns(polars.col("user").cast(polars.Categorical))):
        model = cofil.Popularity().fit(data)
        found = model.recommend_all(2).to_pandas()
        assert isinstance(found["user"].dtype, pandas.CategoricalDtype)
        assert not isinstance(found["item"].dtype, pandas.CategoricalDtype)
        assert set(found["user"]) == set(USER)
        assert model.recommend_all(2).to_polars()["user"].dtype == polars.Categorical
        assert cofil.Ratings(data).users == list(dict.fromkeys(USER))


def test_columns_are_named_and_the_nearest_option_is_offered():
    frame = {"who": USER, "what": ITEM, "stars": VALUE}
    ratings = cofil.Ratings(frame, user="who", item="what", value="stars", time="none")
    assert ratings.columns == ["user", "item", "value"]
    with pytest.raises(cofil.SettingError, match="did you mean `threshold`"):
        cofil.Ratings(frame, treshold=3)
    with pytest.raises(cofil.DataError, match="stras"):
        cofil.Ratings(frame, user="who", item="what", value="stras")


def test_what_is_no_table_is_told():
    for wrong, error in [
        (5, TypeError),
        ([("a",)], ValueError),
        ([("a", "b"), ("a",)], ValueError),
        ({"user": ["a"], "item": ["b", "c"]}, ValueError),
        ({"user": ["a", 1], "item": ["b", "c"]}, TypeError),
        (np.zeros((2, 7)), ValueError),
        ({"user": [1.5], "item": [2]}, cofil.DataError),
        ({"user": [None], "item": [2]}, cofil.DataError),
        ({"user": ["a"], "item": ["x"], "value": [float("inf")]}, cofil.DataError),
        ([], cofil.DataError),
    ]:
        with pytest.raises(error):
            cofil.Popularity().fit(wrong)


def test_an_exception_of_a_generator_is_raised():
    def parts():
        yield {"user": ["a"], "item": ["x"]}
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        cofil.Ratings(parts())


def test_an_index_without_a_name_is_no_column():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"who": [1, 2, 3], "what": [4, 5, 6]})
    assert "value=" not in cofil.Ratings(frame.sample(frac=1, random_state=1)).read_as
    with pytest.raises(cofil.DataError):
        cofil.Ratings(pandas.DataFrame({"item": [1, 2], "rating": [3, 4]}, index=[9, 8]))
    counted = pandas.DataFrame({"user": [1, 1, 2], "item": [1, 2, 3], "value": [1, 2, 3]}).groupby(["user", "item"]).sum()
    assert cofil.Ratings(counted).to_dict()["user"] == [1, 1, 2]


def test_objects_of_polars_are_what_they_hold():
    polars = pytest.importorskip("polars")
    users = [uuid.UUID(int=n % 3) for n in range(9)]
    frame = polars.DataFrame({"user": polars.Series(users, dtype=polars.Object), "item": list(range(9))})
    assert cofil.Ratings(frame)["user"] == users


def test_values_may_stand_beside_the_table():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"user": [1, 1, 2, 2], "item": [1, 2, 1, 3]})
    model = cofil.Als(factors=2, epochs=2).fit(frame, pandas.Series([5, 3, 4, 1]))
    assert model.card["data"]["scale"] == [1.0, 5.0]
    with pytest.raises(ValueError, match="already"):
        cofil.Als().fit(frame.assign(rating=1.0), [1, 2, 3, 4])


def test_later_keys_of_rows_are_columns():
    made = cofil.Ratings([{"user": "a", "item": "x", "rating": None}, {"item": "y", "user": "b", "rating": 3}], missing=float("nan"))
    assert made.to_dict()["value"] == [3.0]
    with pytest.raises(ValueError, match="without columns"):
        cofil.Ratings({})


def test_the_index_of_a_pivot_holds_its_users():
    pandas = pytest.importorskip("pandas")
    columns, cells = ["tea", "jam", "rye"], [[5, 4, 1], [2, 1, 3]]
    expected = [(user, item, value) for user, row in zip(("ann", "bob"), cells) for item, value in zip(columns, row)]
    frame = pandas.DataFrame(cells, index=["ann", "bob"], columns=columns)
    named = frame.rename_axis("who")
    kept = frame.reset_index(names="user")
    first = frame.reset_index(names="who")
    categories = frame.set_axis(pandas.CategoricalIndex(columns), axis=1)
    for made in (frame, named, kept, first, categories):
        assert [tuple(row) for row in cofil.Ratings(made, shape="matrix")] == expected
    assert cofil.Ratings(first.assign(more=7), shape="matrix", user="who").users == ["ann", "bob"]
    # Any type of index; one that only counts the rows counts the users.
    assert cofil.Ratings(frame.set_axis([10, 20]), shape="matrix").users == [10, 20]
    assert cofil.Ratings(frame.reset_index(drop=True), shape="matrix").users == [0, 1]
    assert cofil.Ratings(frame.reset_index(drop=True), shape="matrix").items == columns
    with pytest.raises(cofil.DataError, match="several levels"):
        cofil.Ratings(frame.set_axis(pandas.MultiIndex.from_tuples([(1, 2), (3, 4)])), shape="matrix")


def test_cells_of_a_matrix_that_are_zero_are_doubted():
    import warnings

    pandas, sparse = pytest.importorskip("pandas"), pytest.importorskip("scipy.sparse")
    frame = pandas.DataFrame({"user": USER, "item": ITEM, "value": VALUE})
    counted = pandas.crosstab(frame["user"], frame["item"])
    filled = frame.pivot(index="user", columns="item", values="value").fillna(0)
    compressed = pandas.DataFrame.sparse.from_spmatrix(sparse.csr_array(counted.to_numpy()), counted.index, counted.columns)
    empty = counted.size - len(ROWS)
    for matrix in (counted, filled, compressed, counted[counted.sum(axis=1) > 0] * 3):
        with pytest.warns(cofil.ReadWarning, match=f"0 in {empty} of {counted.size:,} cells .* missing=0") as told:
            assert len(cofil.Ratings(matrix, shape="matrix")) == counted.size
        assert told[0].filename == __file__
    with pytest.warns(cofil.ReadWarning, match="missing=0"):
        cofil.Ratings(counted, shape="matrix", implicit=True)
    # Most cells, even if some are blank; but not one vote among several, nor the middle of a scale.
    blank = filled.where(filled != 1.0)
    with pytest.warns(cofil.ReadWarning, match="missing=0"):
        cofil.Ratings(blank, shape="matrix")
    votes = filled.replace(0, np.nan).replace(1.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(cofil.Ratings(counted, shape="matrix", missing=0)) == len(ROWS)
        for quiet, options in ((votes, {}), (filled - 2, {}), (filled.replace(0, np.nan), {}), (counted, {"threshold": 1})):
            cofil.Ratings(quiet, shape="matrix", **options)


def test_rows_have_the_names_of_their_fields():
    pandas = pytest.importorskip("pandas")
    from collections import namedtuple

    frame = pandas.DataFrame({"rating": VALUE, "item": ITEM, "user": USER})
    expected = [row[:3] for row in ROWS]
    for made in (frame.itertuples(), frame.itertuples(index=False), frame.itertuples(name="Row")):
        assert [tuple(row) for row in cofil.Ratings(made)] == expected
    row = namedtuple("Event", "item user")
    assert cofil.Ratings([row("x", "a"), row("y", "a")]).users == ["a"]
    # Columns without names are found as in a file without a header.
    timed = cofil.Ratings([(user, item, time) for user, item, _, time in ROWS])
    assert timed.columns == ["user", "item", "value", "time"] and set(timed["value"]) == {1.0}
    numbers = np.array([[1, 7, 1_500_000_000], [2, 8, 1_500_000_100], [2, 7, 1_500_000_200]])
    assert set(cofil.Ratings(numbers)["value"]) == {1.0}
    assert cofil.Ratings(np.array([[1.0, 7.0, 3.5], [2.0, 8.0, 4.0]]))["value"].tolist() == [3.5, 4.0]


def test_what_the_reader_guessed_is_told(tmp_path):
    with pytest.warns(cofil.ReadWarning, match="no column has a known name for users") as told:
        cofil.Ratings({"who": USER, "rating": VALUE, "what": ITEM}, shape="rows")
    assert told[0].filename == __file__
    path = tmp_path / "t.csv"
    path.write_text("who,what,rating\n" + "".join(f"{u},{i},{v}\n" for u, i, v, _ in ROWS))
    with pytest.warns(cofil.ReadWarning):
        read = cofil.read(path)
    model = cofil.Popularity().fit(read)
    other = [(user.upper() + "x", item, value) for user, item, value, _ in ROWS]
    for ask in (
        lambda: model.evaluate(other, resamples=0),
        lambda: model.evaluate(cofil.Ratings(other), resamples=0),
        lambda: model.recommend(users=["a", "b"]),
        lambda: model.predict([("a", "b")]),
        lambda: cofil.compare(read, cofil.Ratings(other), algorithms=["popularity"], resamples=0),
    ):
        with pytest.warns(cofil.ReadWarning, match="unknown"):
            ask()
    with pytest.warns(cofil.ReadWarning, match="items of the model are missing from the table"):
        model.set_items({"item": ["zz"], "title": ["Z"]})


def test_a_dictionary_by_user_is_refused():
    with pytest.raises(cofil.DataError, match="holds columns"):
        cofil.fit({"u1": ["a", "b"], "u2": ["c", "d"]})
    assert len(cofil.Ratings({"u1": ["a", "b"], "u2": ["c", "d"]}, user="u1", item="u2")) == 2


def test_a_table_without_columns_is_told():
    for empty in (dict, pytest.importorskip("pandas").DataFrame, pytest.importorskip("polars").DataFrame):
        with pytest.raises(cofil.DataError, match="a table without columns; it needs users and items"):
            cofil.Ratings(empty())
    with pytest.raises(cofil.DataError, match="a table without columns"):
        cofil.Ratings(pytest.importorskip("pyarrow").table({}))


def test_columns_are_named_by_numbers():
    pandas = pytest.importorskip("pandas")
    rows = [["a", "x", 3], ["b", "y", 4]]
    for options in ({"user": 0, "item": 1, "value": 2}, {"user": 1, "item": 2, "value": 3}, {"user": "0", "item": "1", "value": "2"}):
        made = cofil.Ratings(pandas.DataFrame(rows), **options)
        assert (made.users, made.items, made["value"].tolist()) == (["a", "b"], ["x", "y"], [3.0, 4.0])


def test_names_elsewhere_are_known():
    for wrong, right in (("sep", "delimiter"), ("type", "kind"), ("user_col", "user")):
        with pytest.raises(cofil.SettingError, match=f"did you mean `{right}`") as told:
            cofil.Ratings(ROWS, **{wrong: "x"})
        assert str(told.value).count("missing") == 1


def test_errors_of_data_are_of_the_package():
    polars = pytest.importorskip("polars")
    for wrong in (
        [("a", "b"), ("a",)],
        [("a", "b", 1, 2, 3)],
        {"user": ["a"], "item": ["b", "c"]},
        {"user": ["a", 1], "item": ["b", "c"]},
        {"user": ["a\ud800"], "item": ["b"]},
        np.zeros((2, 7)),
        polars.Series([1]),
        5,
    ):
        with pytest.raises(cofil.DataError):
            cofil.Ratings(wrong)
    assert "the table" in cofil.Ratings(COLUMNS).read_as and "Arrow" not in cofil.Ratings(COLUMNS).read_as
    assert "1 user," in repr(cofil.Ratings([("a", "x"), ("a", "y")]))
    assert "before use" in repr(cofil.Ratings(ROWS, threshold=4))
    with pytest.raises(cofil.SettingError, match="folds"):
        cofil.Ratings(ROWS).split(by="kfold")
    assert len(cofil.Ratings(ROWS).split(test="20%")[1]) == round(0.2 * len(ROWS))
    with pytest.raises(cofil.SettingError, match="share such as"):
        cofil.Ratings(ROWS).split(test=[1])
