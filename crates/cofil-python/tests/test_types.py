"""Types: ids stay what they are, and what has no meaning is refused in words."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import decimal
import fractions
import io
import pickle
import uuid

import numpy as np
import pytest
from conftest import rows
from hypothesis import given
from hypothesis import strategies as st

import cofil

USERS = {
    "integers": lambda n: n,
    "text": lambda n: f"u{n}",
    "UUIDs": lambda n: uuid.UUID(int=n + 1),
}
DAY = 1_577_836_800


def of(make):
    return [(make(user), item, value) for user, item, value in ((u, i, 1.0 + (u + i) % 5) for u in range(9) for i in range(6))]


@pytest.mark.parametrize("new", USERS)
@pytest.mark.parametrize("known", USERS)
def test_updates_add_ids_of_the_type_of_the_model(known, new):
    model = cofil.Ials(factors=2, epochs=1).fit(of(USERS[known]))
    before = model.users
    events = [(USERS[new](99), 3, 2.0)]
    if known == new:
        model.update(events)
        assert model.users == [*before, USERS[new](99)]
        return
    for table in (events, cofil.Ratings(events)):
        with pytest.raises(cofil.DataError, match=f"the users of the model are {known}, and all come back in one type"):
            model.update(table)
    assert model.users == before
    # Of known users it matters only how they are called.
    if known == "integers":
        model.update([("3", 3, 2.0)])
        assert model.users == before


def test_text_files_have_the_types_of_the_model(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("user,item,rating\n77,3,2\n")
    for make, user in ((int, 77), (str, "77")):
        model = cofil.Ials(factors=2, epochs=1).fit([(make(u), i, v) for u, i, v in of(int)])
        model.update(path)
        assert model.users[-1] == user
    path.write_text("user,item,rating\nx77,3,2\n")
    model = cofil.Ials(factors=2, epochs=1).fit(of(int))
    with pytest.raises(cofil.DataError, match="the new user `x77` is text"):
        model.update(path)


def test_unknown_ids_come_back_as_they_went_in():
    model = cofil.Ials(factors=2, epochs=1).fit(of(int))
    id = uuid.UUID(int=5)
    assert model.recommend(99).unknown == [99] and model.recommend("x").unknown == ["x"]
    assert model.recommend(1, exclude=[77], candidates=[id, 1], seen=True).unknown == [id, 77]
    assert model.recommend(users=[1, 99], n=1, exclude=[55]).unknown == [55, 99]
    assert model.recommend(users=["1", "x"], n=1).unknown == ["x"]
    assert model.recommend(history=[1, (55, 2.0)]).unknown == [55]
    assert model.explain(1, 2, history=[3, 66]).unknown == [66]
    assert model.interview({1: "yes", 88: "no"}).unknown == [88]
    assert model.predict([(1, 3), (99, 4), (2, 77)]).unknown == [99, 77]


def test_predictions_have_the_ids_of_the_pairs():
    model = cofil.BiasedMf(factors=2, epochs=1).fit(of(int))
    for user in (1, "1", "x"):
        found = model.predict([(user, 3)])
        assert list(found["user"]) == [user] and found[0].prediction is not None
    numbers, names = model.predict([(1, 3)]), model.predict([("1", "3")])
    assert numbers[0].prediction == names[0].prediction == pytest.approx(model.predict(1, 3))
    assert model.predict([1, 2], np.array([3, 4])).to_dict() == model.predict([(1, 3), (2, 4)]).to_dict()


def test_categories_are_kept_by_files():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rows(), columns=["user", "item", "value", "time"]).astype({"user": "category"})
    made = cofil.Ratings(frame)
    model = cofil.Ials(factors=2, epochs=1).fit(made)
    copies = [cofil.Model.from_bytes(model.to_bytes()), pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    for again in (model, *copies):
        found = again.recommend_all(2).to_pandas()
        assert isinstance(found["user"].dtype, pandas.CategoricalDtype) and found["item"].dtype != found["user"].dtype
        assert again.users == model.users
    # Text is a new category.
    model.update([("new", "i1", 3.0)])
    assert model.users[-1] == "new" and isinstance(model.recommend_all(1).to_pandas()["user"].dtype, pandas.CategoricalDtype)
    for part in (pickle.loads(pickle.dumps(made)), *made.split(by="random", test=0.2)):
        assert isinstance(part.to_pandas()["user"].dtype, pandas.CategoricalDtype)
    numbers = pandas.DataFrame(of(int), columns=["user", "item", "value"]).astype({"user": "category"})
    loaded = cofil.Model.from_bytes(cofil.Popularity().fit(numbers).to_bytes())
    assert loaded.users == list(range(9))


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (datetime.date(2020, 1, 1), DAY),
        (datetime.datetime(2020, 1, 1, 12), DAY + 43_200),
        (datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), DAY + 36_000),
        (np.datetime64("2020-01-01T00:00:00.9"), DAY),
        (np.datetime64("NaT"), None),
        (None, None),
    ],
)
def test_times_are_points_in_time(time, seconds):
    made = cofil.Ratings([("a", "x", 1.0, time), ("b", "x", 1.0, datetime.datetime(1969, 12, 31, 23, 59, 59))])
    assert made.to_dict()["time"] == [seconds, -1]
    assert "timestamp" in made.read_as


@given(st.datetimes(timezones=st.sampled_from([None, datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=-7))])))
def test_any_time_is_the_one_that_pandas_reads(time):
    utc = time.replace(tzinfo=datetime.timezone.utc) if time.tzinfo is None else time
    made = cofil.Ratings([("a", "x", 1.0, time)])
    assert made.to_dict()["time"] == [(utc - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(seconds=1)]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_decimals_are_their_numbers(number):
    columns = {"user": ["a"], "item": ["x"], "value": [number]}
    assert cofil.Ratings(columns)["value"].tolist() == [float(np.float32(float(number)))]
    try:
        ids = list(cofil.Ratings([(number, "x")])["user"])
    except cofil.DataError as error:
        assert "not an id" in str(error) and number != number.to_integral_value()
        return
    assert [int(id) for id in ids] == [int(number)] and number == int(number)


@dataclasses.dataclass
class R:
    user: object
    item: object
    value: float = 1.5


REFUSED = [
    ([(True, "x"), (False, "y")], "type Boolean; ids must be text or integers"),
    ({"user": np.array([True, False]), "item": [1, 2]}, "type Boolean; ids must be text or integers"),
    ([(True, "x"), (2, "y")], "column `user`: numbers and truth values in one column"),
    ([("a", "x"), (2, "y")], "column `user`: numbers and text in one column"),
    ([(decimal.Decimal("7.5"), "x")], "7.5 is not an id"),
    ([(decimal.Decimal("669149990111431.0246238"), "x")], "is not an id"),
    ([("a", "x", decimal.Decimal("NaN"))], "value is empty"),
    ([("a", "x", 1j)], "column `value`: a complex is neither an id, a number nor a time"),
    ([("a", "x", object())], "column `value`: an object is neither"),
    ([("a", "x", 1.0, datetime.timedelta(1))], "column `time`: a timedelta is neither"),
    ([("a", "x", 1.0, np.timedelta64(1, "s"))], "column `time`: a timedelta64 is neither"),
    ([("a", "x", 1.0, datetime.time(12))], "column `time`: a time is neither"),
    ([(datetime.date(2020, 1, 1), "x")], "ids must be text or integers"),
    ({"user": ["a"], "item": ["x"], "value": [datetime.datetime(2020, 1, 1)]}, "not numbers"),
    ([(b"\xff", "x")], "bytes that are not text"),
    ([(("a", 1), "x")], "column `user`: a tuple is neither"),
    ([(None, "x")], "row 1: user is empty"),
    ({"user": [1.0, float("nan")], "item": [1, 2]}, "NaN is not an id"),
    ({"user": [1, 2], "item": [1, 2], "value": [None, None]}, "value is empty"),
    ({"user": {1, 2}, "item": [1, 2]}, "a set has no order"),
    ({"user": {0: 1}, "item": {0: 2}}, "a dictionary is not a column"),
    ({"user": [1], "item": [2], "value": 1}, "an int is not a column"),
    (["a", "b"], "'a' is neither a row"),
    ((1, 2), "1 is neither a row"),
    ([object()], "an object is not a table"),
    (iter([{"user": [1], "item": [1]}, {"user": ["a"], "item": [1]}]), "column 1 of the first is `user` of type Int64, of another `user`"),
    (iter([{"user": [1], "item": [1]}, {"user": [1]}]), "column 2 of the first is `item` of type Int64, of another none"),
    (iter([{"user": [1], "item": [1]}, "x.csv"]), "a part of a table is a table, not 'x.csv'"),
    (iter([]), "no interactions"),
    (b"user,item\na,b\n", "bytes are no table; give the path"),
    (memoryview(b"a"), "bytes are no table; give the path"),
    (np.array(5), "this one is a single number"),
    (np.zeros(3), "this one is a list of 3"),
    ([R(object(), 1)], "column `user`: an object is neither"),
    (R(1, 2), "an R is not a table"),
    (io.StringIO("user,item\na,b\n"), "an open file is no table"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_has_no_meaning_is_refused_in_words(data, words):
    with pytest.raises((cofil.DataError, TypeError, ValueError), match=words):
        cofil.Ratings(data)


def test_what_has_a_meaning_is_read():
    assert cofil.Ratings([("a", "x", True), ("b", "y", np.False_)])["value"].tolist() == [1.0, 0.0]
    assert cofil.Ratings([("a", "x", fractions.Fraction(1, 2))])["value"].tolist() == [0.5]
    assert cofil.Ratings([(b"a", b"x")]).to_dict()["item"] == ["x"]
    assert cofil.Ratings([np.array([1, 2]), np.array([3, 4])]).users == [1, 3]
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])
    assert cofil.Ratings({"user": [1, 2, 3], "item": [1, 2, 3], "value": masked}, missing=float("nan")).users == [1, 3]
    with pytest.raises(cofil.DataError, match="row 2: user is empty"):
        cofil.Ratings({"user": masked, "item": [1, 2, 3]})
    parts = ({"user": [uuid.UUID(int=n)], "item": ["a"], "value": [1.5]} for n in range(3))
    assert cofil.Ratings(parts).users == [uuid.UUID(int=n) for n in range(3)]
    assert cofil.Ratings([R("a", "x"), R("b", "y", 2.0)]).to_dict() == {"user": ["a", "b"], "item": ["x", "y"], "value": [1.5, 2.0]}
    # A list stands for as many rows.
    assert len(cofil.Ratings([{"user": "a", "item": ["x", "y"]}, {"user": "b", "item": ["y"]}])) == 3


def test_columns_that_are_not_used_may_hold_anything():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    strange = [{"a": 1}, object()], ["x", 1], [("a", 1), ("b", 2)]
    for column in strange:
        frame = pandas.DataFrame({"user": [1, 2], "item": ["a", "b"], "memo": column})
        for data in (frame, frame.to_dict("list"), iter([frame, frame])):
            assert cofil.Ratings(data).users == [1, 2]
        with pytest.raises(TypeError, match="column `memo`"):
            cofil.Ratings(frame, user="memo", item="item")
    periods = pandas.DataFrame({"user": [1, 2], "item": [3, 4], "month": pandas.period_range("2020", periods=2)})
    assert len(cofil.Ratings(periods)) == 2
    with pytest.raises(TypeError, match="column `month`: a Period is neither"):
        cofil.Ratings(periods, user="month", item="item")
    nothing = polars.DataFrame({"user": [1, 2], "item": [3, 4], "memo": [None, None], "big": polars.Series([1, 2**90], dtype=polars.Int128)})
    assert len(cofil.Ratings(nothing)) == 2
    assert cofil.Ratings(nothing, user="big", item="item").users == ["1", str(2**90)]


def test_columns_of_pandas_are_named_by_their_labels():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([[1, 2, 3.5], [3, 4, 1.0]])
    made = cofil.Ratings(frame, user=0, item=1, value=2)
    assert made.to_dict() == {"user": [1, 3], "item": [2, 4], "value": [3.5, 1.0]}
    named = frame.set_axis(["a", "b", "c"], axis=1)
    assert cofil.Ratings(named, user=1, item=2, value=3).to_dict() == made.to_dict()


def test_an_axis_of_a_matrix_has_each_id_once():
    sparse = pytest.importorskip("scipy.sparse")
    if hasattr(sparse, "coo_array"):
        with pytest.raises(cofil.DataError, match="this one has 1 of 2 axes"):
            cofil.Ratings(sparse.coo_array(np.array([1.0, 2.0])), users=["a"], items=["x", "y"])
    with pytest.raises(ValueError, match="users= has an id twice: two rows of the matrix would be one"):
        cofil.Ratings(sparse.eye(2), users=["a", "a"], items=["x", "y"])
    pandas = pytest.importorskip("pandas")
    made = cofil.Ratings(sparse.eye(2), users=pandas.Series(["a", "b"], dtype="category"), items=range(2))
    assert made.to_dict()["user"] == ["a", "b"] and made.to_dict()["item"] == [0, 1]


def test_lists_are_attributes_of_items(model):
    model = copy.deepcopy(model)
    model.set_items({"item": ["i1", "i2"], "title": ["One", "Two"], "genres": [["x", "y"], ["z"]]})
    assert model.recommend("u1", where="genres = 'x'", seen=True)["item"] == ["i1"]
    with pytest.raises(TypeError, match="column `zip`: numbers and text"):
        model.set_items({"item": ["i1", "i2"], "title": ["One", "Two"], "zip": ["x", 1]})
