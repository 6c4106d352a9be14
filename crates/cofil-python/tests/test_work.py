"""Training, evaluation, comparison, search."""

from __future__ import annotations

import copy
import datetime
import pickle

import numpy as np
import pytest
from conftest import rows

import cofil


def test_settings_are_checked_with_the_nearest_name():
    with pytest.raises(cofil.SettingError, match="unknown setting `factor`; did you mean `factors`") as told:
        cofil.Ials(factor=3)
    assert told.value.setting == "factor"
    with pytest.raises(cofil.SettingError, match="`factors`: must be a whole number"):
        cofil.Ials(factors="many")
    with pytest.raises(cofil.SettingError, match="did you mean `ials`"):
        cofil.fit(rows(), "iasl")
    with pytest.raises(cofil.SettingError, match="reg"):
        cofil.Ease(reg=-1.0).fit(rows())
    with pytest.raises(AttributeError):
        cofil.Eese  # noqa: B018
    with pytest.raises(cofil.SettingError, match="reg"):
        cofil.Ease(reg=float("nan"))
    assert issubclass(cofil.SettingError, ValueError) and issubclass(cofil.NotFoundError, KeyError)


def test_errors_say_what_to_do_in_the_words_of_python(ratings):
    model = cofil.Ials(factors=2, epochs=1).fit(ratings, seen=False)
    with pytest.raises(cofil.UnsupportedError, match="train without seen=False"):
        model.evaluate(ratings)
    events = cofil.Ials(factors=2, epochs=1).fit([("a", "x"), ("b", "y")])
    with pytest.raises(cofil.DataError, match="with implicit=True"):
        events.update([("a", "y", 3.0)])
    assert events.update([("a", "y", 3.0)], implicit=True)["events"] == 1
    with pytest.raises(cofil.DataError):
        cofil.Ratings(rows(), duplicates="error", implicit=True, min_user=1000).cleaning  # noqa: B018


def test_scikit_learn_has_its_habits(ratings):
    base = pytest.importorskip("sklearn.base")
    pipeline = pytest.importorskip("sklearn.pipeline")
    ials = cofil.Ials(factors=3, epochs=2, seed=5)
    assert ials.get_params()["factors"] == 3 and ials.get_params()["reg"] is None
    assert base.clone(ials) == ials and base.clone(ials) is not ials
    assert pickle.loads(pickle.dumps(ials)) == copy.deepcopy(ials) == ials
    assert ials.set_params(factors=4).factors == 4 and ials.set_params(factors=None).factors == 64
    ials.factors = 2
    assert ials.get_params()["factors"] == 2 and repr(ials) == "Ials(epochs=2, factors=2, seed=5)"
    with pytest.raises(ValueError, match="did you mean `factors`"):
        ials.set_params(factor=3)
    whole = pipeline.Pipeline([("model", cofil.BiasedMf(factors=2, epochs=2))])
    whole.set_params(model__factors=3)
    predictions = whole.fit(ratings).predict([("u1", "i1"), ("u2", "i2")])
    assert predictions.shape == (2,) and whole["model"].model_.card["algorithm"]["factors"] == 3
    # The settings that follow from the data still do after cloning.
    model = base.clone(cofil.Ials(factors=2)).fit(ratings)
    assert set(model.chosen["defaults"]) == {"reg", "unobserved_weight"}


def test_documentation_and_signature_are_those_of_the_schema():
    import inspect

    parameters = inspect.signature(cofil.Ials).parameters
    assert parameters["factors"].default == 64 and parameters["reg"].default is None
    assert "length of the user and item vectors" in cofil.Ials.__doc__
    assert "Default from the data" in cofil.Ials.__doc__
    assert {"Ials", "Ease", "Neumf"} <= set(dir(cofil)) and cofil.algorithms.Ials is cofil.Ials


def test_the_package_has_its_public_names_alone():
    star: dict = {}
    exec("from cofil import *", star)
    assert {"read", "Ratings", "Ials", "Algorithm", "plot", "SettingError"} <= set(star)
    assert set(cofil.__all__) == set(dir(cofil)) - {"__version__"} and len(set(cofil.__all__)) == len(cofil.__all__)
    assert {name for name in vars(cofil) if not name.startswith("_")} - {"TYPE_CHECKING"} <= set(cofil.__all__)
    for name in ("annotations", "by_name", "NAMES"):
        with pytest.raises(AttributeError, match=f"cofil has no '{name}'"):
            getattr(cofil, name)


def test_the_algorithm_is_chosen_and_says_why(ratings):
    model = cofil.fit(ratings)
    assert model.chosen["why"] and model.algorithm in model.chosen["why"] or model.chosen["why"]
    assert cofil.fit(ratings, purpose="predict").card["target"] == "rating"
    assert cofil.fit(ratings, "ease").algorithm == "ease"


def test_training_reports_and_stops_early(ratings):
    heard = []
    split = ratings.split(by="user-random", test=0.2)
    model = cofil.Bpr(factors=4, epochs=6).fit(split[0], valid=split[1], metric="recall@5", patience=2, progress=heard.append)
    epochs = [event for event in heard if event["kind"] == "epoch"]
    assert epochs and {event["metric"] for event in epochs} == {"recall@5"}
    assert model.card["valid_metric"] == "recall@5" and len(model.card["epochs"]) == len(epochs)
    with pytest.raises(cofil.DivergedError):
        cofil.BiasedMf(learning_rate=1e9, epochs=5).fit(ratings)


def test_a_checkpoint_is_continued(ratings, tmp_path):
    whole = cofil.Bpr(factors=3, epochs=4).fit(ratings)
    path = tmp_path / "run"
    cofil.Bpr(factors=3, epochs=2).fit(ratings, checkpoint=path)
    with pytest.raises(cofil.DataError, match="holds a checkpoint already: delete the file, or continue with resume=True"):
        cofil.Bpr(factors=3, epochs=4).fit(ratings, checkpoint=path)
    assert cofil.Bpr(factors=3, epochs=4).fit(ratings, checkpoint=path, resume=True).to_bytes() == whole.to_bytes()


def test_negatives_are_learned_against(ratings):
    negatives = [("u1", "i2"), ("u1", "i4"), ("u2", "i1")]
    algorithm = cofil.Gmf(factors=3, epochs=2)
    model = algorithm.fit(ratings, negatives=negatives)
    assert model.card["negatives"] and model.to_bytes() != algorithm.fit(ratings).to_bytes()
    with pytest.warns(UserWarning, match="skipped 1 user unknown to the table"):
        algorithm.fit(ratings, negatives=[*negatives, ("nobody", "i1")])


def test_evaluations_have_intervals_and_baselines(ratings):
    train, test = ratings.split(by="user-random", test=0.3, seed=1)
    report = cofil.ItemKnn(neighbours=20).fit(train).evaluate(test, metrics=["ndcg@5", "recall@5"])
    ndcg = report["ndcg@5"]
    assert ndcg.low < ndcg.value < ndcg.high and ndcg.users == report.users
    assert set(report.baselines) >= {"popularity", "random"}
    assert 0 < report.baselines["random"]["ndcg@5"].value < 1
    with pytest.raises(cofil.NotFoundError, match="no metric 'ndcg@9'; it has ndcg@5, recall@5"):
        report["ndcg@9"]
    assert report["metric"] == ["ndcg@5", "recall@5"] and "popularity" in report.columns
    assert report.to_polars().height == 2
    same = cofil.ItemKnn(neighbours=20).fit(train).evaluate(list(test), metrics="ndcg@5,recall@5")
    assert same["ndcg@5"] == ndcg
    with pytest.raises(cofil.SettingError, match="did you mean `ndcg@5`"):
        cofil.Popularity().fit(train).evaluate(test, metrics=["ndgc@5"])
    sampled = cofil.Popularity().fit(train).evaluate(test, sampled=5, metrics=["hr@3"], resamples=0)
    assert sampled["hr@3"].low is None and "sampled" in " ".join(sampled.warnings)


def test_held_out_users_are_scored_from_their_histories(ratings):
    split = ratings.split(by="users", test=10, target=0.5)
    train, test = split
    report = cofil.Ease().fit(train).evaluate(test, given=split.given, metrics=["ndcg@5"])
    assert report.users == 10 and report["ndcg@5"].value > 0
    folds = ratings.folds(3)
    assert len(folds) == 3 and sum(len(test) for _, test in folds) == len(ratings)
    with pytest.raises(cofil.SettingError, match="target"):
        ratings.split(by="last", target=0.5)


def test_comparisons_are_ordered(ratings):
    train, test = ratings.split(by="user-random", test=0.3, seed=1)
    board = cofil.compare(train, test, algorithms=["ease", cofil.Ials(factors=2, epochs=2)], metrics=["ndcg@5"])
    assert set(board["algorithm"]) == {"ease", "ials:epochs=2,factors=2", "popularity", "random"}
    values = board["ndcg@5"].tolist()[:3]
    assert values == sorted(values, reverse=True) and board.conclusion
    assert board.reports[board[0].algorithm]["ndcg@5"].value == values[0]
    assert board.best.fit(train).evaluate(test, metrics=["ndcg@5"])["ndcg@5"].value == pytest.approx(values[0])
    tuned = cofil.compare(train, test, algorithms=["item-knn"], metrics=["ndcg@5"], tune=2)
    assert len(tuned.about["entries"]) == 2
    with pytest.raises(cofil.SettingError, match="did you mean `ease`"):
        cofil.compare(train, test, algorithms=["eese"])


def test_searches_keep_what_is_given(ratings):
    study = cofil.tune(ratings, cofil.Ials(factors=3, epochs=2), trials=3, metric="ndcg@5", seed=1)
    assert len(study) == 3 and study.best.factors == 3 and study.metric == "ndcg@5"
    assert study.value == max(study["ndcg@5"])
    study = cofil.tune(ratings, "ease", trials=3, ranges={"reg": (1.0, 9.0, "log")})
    assert all(1 <= trial.reg <= 9 for trial in study if trial.reg is not None)
    study = cofil.tune(ratings, "item-knn", trials=2, ranges={"similarity": ["cosine"], "neighbours": (2, 5)})
    assert study.best.similarity == "cosine"
    with pytest.raises(cofil.SettingError):
        cofil.tune(ratings, "ease", ranges={"regg": (1.0, 2.0)})


def test_searches_and_comparisons_continue_from_their_journals(ratings, tmp_path):
    whole = cofil.tune(ratings, "ease", trials=4)
    cofil.tune(ratings, "ease", trials=2, journal=tmp_path / "ease")
    with pytest.raises(cofil.DataError, match="holds finished trials already"):
        cofil.tune(ratings, "ease", trials=4, journal=tmp_path / "ease")
    more = cofil.tune(ratings, "ease", trials=4, journal=tmp_path / "ease", resume=True)
    assert more.best == whole.best and more["reg"] == whole["reg"]
    train, test = ratings.split(by="user-random", test=0.3, seed=1)
    options = {"algorithms": ["ease"], "metrics": ["ndcg@5"], "tune": 2, "journal": tmp_path / "all"}
    board = cofil.compare(train, test, **options)
    with pytest.raises(cofil.DataError, match="trials: holds finished trials already"):
        cofil.compare(train, test, **options)
    assert cofil.compare(train, test, **options, resume=True)["ndcg@5"].tolist() == board["ndcg@5"].tolist()


def test_published_experiments_are_repeated():
    assert "toy" in cofil.experiments()["experiment"]
    toy = cofil.reproduce("toy", seeds=1)
    assert toy.verdict == "reached" and "reached" in repr(toy) and None not in toy["mean"]
    with pytest.raises(cofil.DataError, match="Where to get it"):
        cofil.reproduce("autorec-ml-1m", data=".")
    with pytest.raises(cofil.SettingError, match="did you mean `toy`"):
        cofil.reproduce("toyy")


def test_tables_are_described(ratings):
    told = ratings.describe()
    assert told.users == 40 and "users" in repr(told) and "<table>" in told._repr_html_()
    assert cofil.Ratings(rows() * 2).cleaning[0].startswith(f"merged {len(rows())} repeated rows")


def test_seeds_of_algorithms_count(ratings):
    train, test = ratings.split(by="random", test=0.2, seed=1)
    board = cofil.compare(train, test, algorithms=[cofil.Bpr(seed=3, epochs=2)])
    assert board.best.seed == 3
    assert board.to_dict() != cofil.compare(train, test, algorithms=[cofil.Bpr(seed=4, epochs=2)]).to_dict()
    with pytest.raises(ValueError, match="different seeds"):
        cofil.compare(train, test, algorithms=[cofil.Bpr(seed=1), cofil.Ials(seed=2)])
    assert cofil.tune(train, cofil.Bpr(seed=9, epochs=2), trials=1).best.seed == 9


def test_blends_can_be_tuned_and_first_trials_are_in_their_ranges(ratings):
    train, _ = ratings.split(by="random", test=0.2, seed=1)
    assert isinstance(cofil.tune(train, "blend", trials=2).best, cofil.Blend)
    assert cofil.tune(train, "ials", trials=1, ranges={"factors": [3, 5]}).best.factors == 3


def test_what_fails_in_a_comparison_is_shown(ratings):
    ones = cofil.Ratings({"user": ratings["user"], "item": ratings["item"]})
    train, test = ones.split(by="random", test=0.2, seed=1)
    with pytest.warns(UserWarning, match="autorec-user was left out"):
        board = cofil.compare(train, test, algorithms=["popularity", "autorec-user"])
    assert "autorec-user was left out" in repr(board)


def test_what_is_wrong_is_told_early(ratings):
    for wrong in (-1, "x", 1.5, [1]):
        with pytest.raises(cofil.SettingError, match="`seed`"):
            cofil.Ials(seed=wrong)
    assert cofil.Ials(seed=None) == cofil.Ials() and cofil.Ials(seed=2**64 - 1).seed == 2**64 - 1
    train, test = ratings.split(seed=1)
    popular = cofil.Popularity().fit(train)
    for ask in (
        lambda: cofil.Ials(seed=2**64),
        lambda: cofil.Ials().set_params(seed=2**64),
        lambda: cofil.fit(ratings, seed=2**64),
        lambda: ratings.split(seed=2**64),
        lambda: ratings.folds(3, seed=2**64),
        lambda: popular.evaluate(test, seed=2**64),
        lambda: popular.interview(seed=2**64),
        lambda: cofil.compare(train, test, seed=2**64),
        lambda: cofil.tune(train, "ease", seed=2**64),
    ):
        with pytest.raises(cofil.SettingError, match=r"setting `seed`: must be below 2\*\*64, not 18446744073709551616") as raised:
            ask()
        assert raised.value.setting == "seed"
    with pytest.raises(cofil.SettingError, match="did you mean `seed`"):
        cofil.Ials(random_state=1)
    algorithm = cofil.Ials(factors=3)
    with pytest.raises(cofil.SettingError, match="did you mean `factors`"):
        algorithm.factros = 4
    with pytest.raises(cofil.SettingError):
        algorithm.set_params(factors=-1, seed=5)
    assert algorithm == cofil.Ials(factors=3)
    for name, value in {"metric": "ndcg@5", "patience": 2}.items():
        with pytest.raises(cofil.SettingError, match=f"`{name}`: needs a validation set"):
            algorithm.fit(ratings, **{name: value})
    for share in (1, 1.5, 0):
        with pytest.raises(cofil.SettingError, match="`valid`: a share is above 0 and below 1"):
            algorithm.fit(ratings, valid=share)
        with pytest.raises(cofil.SettingError, match="`valid`: a share is above 0 and below 1"):
            cofil.tune(ratings, algorithm, trials=1, valid=share)
    with pytest.raises(cofil.SettingError, match="setting `metric`: write `ndcg@10`, not `ndcg`"):
        cofil.tune(ratings, "ease", metric="ndcg")
    with pytest.raises(cofil.SettingError, match="`trials`: must be at least 1"):
        cofil.tune(ratings, "ease", trials=0)
    for range in ("abc", {"low": 1, "high": 2}):
        with pytest.raises(TypeError, match="the range of reg is"):
            cofil.tune(ratings, "ease", ranges={"reg": range})
    with pytest.raises(AttributeError, match="cofil has no 'Isal'") as raised:
        cofil.Isal
    # Python itself looks for the nearest of these names.
    assert raised.value.name == "Isal" and "Ials" in dir(raised.value.obj)


def test_algorithms_are_called_as_elsewhere(ratings):
    assert cofil.fit(ratings, "MostPop").card["algorithm"]["algorithm"] == "popularity"
    assert cofil.compare(*ratings.split(seed=1), algorithms=["Pop", "EASE"], metrics="ndcg@10")["algorithm"][0] == "ease"


def test_algorithms_are_given_by_name_or_with_settings(ratings):
    for algorithm in ("ials", cofil.Ials, cofil.Ials()):
        assert cofil.fit(ratings, algorithm).to_bytes() == cofil.Ials().fit(ratings).to_bytes()
    made = cofil.fit(ratings, cofil.Ials(factors=3, seed=7)).card
    assert (made["algorithm"]["factors"], made["seed"]) == (3, 7)
    assert cofil.fit(ratings, cofil.Ials(seed=7), seed=8).card["seed"] == 8
    with pytest.raises(TypeError, match="an algorithm is a name"):
        cofil.fit(ratings, 5)


def test_splits_begin_at_any_kind_of_time(ratings):
    pandas = pytest.importorskip("pandas")
    start = datetime.datetime(2017, 9, 10)
    expected = ratings.split(by="time", start="2017-09-10")[0].fingerprint
    for same in (start, start.date(), start.replace(tzinfo=datetime.timezone.utc), pandas.Timestamp(start), np.datetime64(start), 1505001600):
        assert ratings.split(by="time", start=same)[0].fingerprint == expected
    with pytest.raises(cofil.SettingError, match="setting `start`: `10/09/2017` is not a time"):
        ratings.split(by="time", start="10/09/2017")


def test_scikit_learn_searches_settings(ratings):
    pytest.importorskip("sklearn")
    from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

    frame = ratings.to_pandas()
    folds = KFold(2, shuffle=True, random_state=1)
    search = GridSearchCV(cofil.BiasedMf(factors=2, epochs=3), {"reg": [0.01, 10.0]}, cv=folds).fit(frame)
    assert search.best_params_["reg"] in (0.01, 10.0) and -2 < search.best_score_ < 0
    assert isinstance(search.best_estimator_.model_, cofil.Model)
    scores = cross_val_score(cofil.ItemKnn(neighbours=5), frame, cv=folds)
    assert ((scores > 0) & (scores < 1)).all()
    train, test = ratings.split(by="random", test=0.2, seed=1)
    algorithm = cofil.ItemKnn(neighbours=5)
    with pytest.raises(AttributeError, match="fit a model first"):
        algorithm.score(test)
    assert algorithm.fit(train).evaluate(test, metrics="ndcg@10")["ndcg@10"].value == algorithm.score(test)
