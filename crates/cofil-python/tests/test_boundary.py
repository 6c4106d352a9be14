"""Whatever comes in is read or refused with an exception of its kind; nothing else happens."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cofil

settings.register_profile("cofil", deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
settings.load_profile("cofil")

# What a caller's mistake may raise.
REFUSED = (cofil.DataError, cofil.SettingError, TypeError, ValueError)

texts = st.text(min_size=1, max_size=12)
ids = st.one_of(
    st.integers(-(2**70), 2**70), texts, st.uuids(), st.booleans(), st.none(), st.floats(), st.binary(max_size=4),
    st.dates(), st.just(float("nan")),
)
whole = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30),
    st.lists(texts.filter(str.strip).map(str.strip), min_size=1, max_size=30),
    st.lists(st.uuids(), min_size=1, max_size=30),
)


def stripped(id: object) -> bool:
    """Whether the library takes the text as it is: it trims blanks, and refuses some characters."""
    return not isinstance(id, str) or (id == id.strip() and id.isprintable())


@given(st.lists(ids, max_size=20), st.lists(ids, max_size=20), st.lists(st.floats(), max_size=20))
def test_any_objects_are_read_or_refused(user, item, value):
    n = min(len(user), len(item))
    try:
        made = cofil.Ratings({"user": user[:n], "item": item[:n], "value": (value * 20)[:n]} if value else zip(user, item))
        made.to_dict(), made.to_pandas(), repr(made)
        cofil.Popularity().fit(made).recommend_all(2).to_dict()
    except REFUSED:
        pass


@given(whole, st.data())
def test_ids_come_back_as_they_are(user, data):
    item = data.draw(st.lists(st.integers(0, 9), min_size=len(user), max_size=len(user)))
    if not all(map(stripped, user)):
        return
    made = cofil.Ratings({"user": user, "item": item}, value="none")
    assert made["user"] == user if isinstance(made["user"], list) else made["user"].tolist() == user
    model = cofil.Popularity().fit(made)
    assert model.users == list(dict.fromkeys(user))
    assert cofil.Model.from_bytes(model.to_bytes()).users == model.users


dtypes = st.sampled_from(
    ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">u8", "f2", "f4", "f8", ">f8", "?", "longdouble", "c8",
     "M8[s]", "M8[ns]", "m8[s]", "U3", "S3", "O"]
)


@given(dtypes, dtypes, dtypes, st.integers(0, 30), st.integers(1, 3), st.booleans(), st.integers(0, 2**32 - 1))
def test_arrays_of_any_type_and_layout(user, value, time, n, step, backwards, seed):
    draw = np.random.default_rng(seed)

    def array(kind):
        made = draw.integers(0, 100, n * step).astype("i8").astype(kind if kind != "O" else object)
        made = made[::step][:: -1 if backwards else 1]
        made.flags.writeable = False
        return made

    columns = {"user": array(user), "item": array("i4"), "value": array(value), "time": array(time)}
    try:
        made = cofil.Ratings(columns)
        assert len(made) == n
        if user[-2:] in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
            assert made["user"].tolist() == columns["user"].tolist()
        if value in ("f4", "f8", ">f8"):
            assert made["value"].tolist() == columns["value"].tolist()
    except REFUSED:
        pass


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(allow_nan=True, allow_infinity=True))))
def test_values_that_are_no_numbers_never_get_into_a_model(triples):
    try:
        model = cofil.Ials(factors=2, epochs=1).fit(triples)
    except (*REFUSED, cofil.DivergedError):
        return
    assert np.isfinite(model.item_vectors).all() and np.isfinite(model.recommend_all(3)["score"]).all()


@given(st.lists(texts, min_size=1, max_size=6), st.integers(0, 4), st.integers(0, 4))
def test_slices_chunks_and_dictionaries(words, start, size):
    pyarrow = pytest.importorskip("pyarrow")
    user = pyarrow.array(words).dictionary_encode()
    chunks = pyarrow.chunked_array([user, user.slice(start, size), user.slice(0, 0)])
    table = pyarrow.table({"user": chunks, "item": list(range(len(chunks)))}).slice(1)
    try:
        made = cofil.Ratings(table)
    except REFUSED:
        return
    assert [str(id).strip() for id in made["user"]] == [word.strip() for word in chunks.to_pylist()[1:]]


def test_columns_of_one_name():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    twice = pyarrow.table([[1, 2], [3, 4], [5, 6]], names=["user", "user", "item"])
    try:
        assert len(cofil.Ratings(twice)) == 2
    except REFUSED:
        pass
    with pytest.raises(REFUSED):
        cofil.Ratings(polars.DataFrame({"user": [[1]], "item": [{"a": 1}]}))


def test_large_ids():
    natural = 2**64 - 1
    made = cofil.Ratings({"user": np.array([natural, 1], dtype="u8"), "item": [2**80, 5]}, value="none")
    # Beyond 64 bits with a sign, ids are text.
    assert made["user"] == [str(natural), "1"] and made["item"] == [str(2**80), "5"]
    assert cofil.Popularity().fit(made).recommend(natural, n=1).basis == "learned"


def test_missing_values_of_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "user": pandas.array([1, 2], dtype="Int64"),
            "item": pandas.array(["a", "b"], dtype="string"),
            "value": pandas.array([1.5, None], dtype="Float64"),
            "time": pandas.to_datetime(["2020-01-01", None], utc=True),
        }
    )
    made = cofil.Ratings(frame, missing=float("nan"))
    assert [tuple(row)[:3] for row in made] == [(1, "a", 1.5)]
    columns = [cofil._input.pandas_column(frame[name]) for name in frame]
    assert cofil.Ratings(cofil._input.Frame(list(frame), columns), missing=float("nan")).to_dict() == made.to_dict()


@given(st.uuids())
def test_uuids_are_read_from_every_side(id: uuid.UUID):
    polars = pytest.importorskip("polars")
    made = cofil.Ratings([(id, "x")])
    assert made["user"] == [id] and made.to_pandas()["user"][0] == id
    assert cofil.Ratings(polars.DataFrame({"user": [str(id)], "item": ["x"]}))["user"] == [str(id)]


def test_settings_of_any_kind_are_refused_or_taken():
    for wrong in (float("inf"), -1, "x", [1], {}, 2**70, b"x", object()):
        with pytest.raises((cofil.SettingError, TypeError)):
            cofil.Ials(factors=wrong)
    assert cofil.Ials(factors=np.int8(3)).fit([("a", "x")]).card["algorithm"]["factors"] == 3
    assert cofil.Ials(reg=np.float32(0.5)).reg == np.float32(0.5)
