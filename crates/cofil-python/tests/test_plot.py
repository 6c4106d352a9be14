"""Figures, presets and probabilities: the steps of the tutorials."""

from __future__ import annotations

import copy
import pickle
import re

import pytest
from conftest import rows

import cofil

KNOWN = [[1, 1, 1, 0, 0]] * 3 + [[0, 0, 0, 1, 1]] * 2
TOY = [
    (f"u{u + 1}", f"i{i + 1}", float(value))
    for u, row in enumerate(KNOWN)
    for i, value in enumerate(row)
    if u + i != 4
]


def test_a_small_matrix_is_completed(tmp_path):
    algorithm = cofil.Svd.preset("tutorial")
    figure = cofil.plot.matrix(TOY, algorithm)
    assert figure.svg.startswith("<svg") and figure._repr_svg_() == figure.svg and figure.png.startswith(b"\x89PNG")
    assert ">0.77<" in figure.svg, "the hidden entry in the middle"
    assert cofil.plot.matrix(TOY, model=algorithm.fit(TOY)).svg == figure.svg
    figure.save(tmp_path / "toy.svg")
    assert (tmp_path / "toy.svg").read_text() == figure.svg
    with pytest.raises(cofil.FormatError, match="svg or .png"):
        figure.save(tmp_path / "toy.jpg")
    assert re.fullmatch(r"<cofil.plot.Figure \d+ × \d+>", repr(figure))
    for again in (pickle.loads(pickle.dumps(figure)), pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(figure))))):
        assert (again.svg, again.png, repr(again)) == (figure.svg, figure.png, repr(figure))
        for name in ("toy.svg", "toy.png"):
            figure.save(tmp_path / name)
            again.save(tmp_path / f"again.{name}")
            assert (tmp_path / f"again.{name}").read_bytes() == (tmp_path / name).read_bytes()
        for path, error, words in (("toy.jpg", cofil.FormatError, "svg or .png"), ("none/toy.svg", cofil.IoError, "toy.svg: ")):
            for one in (figure, again):
                with pytest.raises(error, match=words):
                    one.save(tmp_path / path)
    assert copy.deepcopy(figure).svg == copy.copy(figure).svg == figure.svg
    with pytest.raises(TypeError, match="algorithm"):
        cofil.plot.matrix(TOY)
    with pytest.raises(cofil.UnsupportedError, match="40"):
        cofil.plot.matrix(rows(users=60), cofil.Svd(factors=2))


def test_curves_and_maps_are_drawn(ratings):
    model = cofil.BiasedMf(factors=2, epochs=4).fit(ratings, valid=0.1, metric=["rmse", "mae"])
    assert [measured["metric"] for measured in model.card["epochs"][0]["measured"]] == ["rmse", "mae"]
    assert model.plot_curve().svg == cofil.plot.curve(model).svg and "mae" in model.plot_curve().svg
    assert cofil.plot.map(model).svg.startswith("<svg")
    with pytest.raises(cofil.UnsupportedError, match="vectors"):
        cofil.plot.map(cofil.Ease().fit(ratings))
    with pytest.raises(cofil.UnsupportedError, match="there is no curve"):
        cofil.Ease().fit(ratings).plot_curve()
    assert cofil.plot.describe(ratings).svg.startswith("<svg")
    network = cofil.plot.network(cofil.Mlp(layers=[6, 4], epochs=1).fit(ratings, valid=None)).svg
    assert ">4 units, ReLU<" in network and ">3 numbers<" in network
    with pytest.raises(cofil.UnsupportedError, match="biased-mf is not a network"):
        cofil.plot.network(model)


def test_presets_are_listed_and_changed():
    preset = cofil.BiasedMf.preset("tutorial", epochs=7)
    assert isinstance(preset, cofil.BiasedMf) and preset.factors == 2 and preset.epochs == 7
    assert "tutorial-anime" in (cofil.BiasedMf.__doc__ or "")
    with pytest.raises(cofil.SettingError, match="did you mean `tutorial`"):
        cofil.BiasedMf.preset("tutorail")


def test_scores_become_probabilities_where_they_are(ratings):
    from math import exp

    model = cofil.Gmf(factors=3, epochs=2).fit(ratings, valid=None)
    score, probability = model.predict("u1", "i1"), model.predict("u1", "i1", probability=True)
    assert probability == pytest.approx(1 / (1 + exp(-score)), abs=1e-6)
    many = model.predict([("u1", "i1"), ("nobody", "i1")], probability=True)
    assert many[0].prediction == probability and many[1].prediction is None
    with pytest.raises(cofil.NotFoundError):
        model.predict("nobody", "i1", probability=True)
    with pytest.raises(cofil.UnsupportedError, match="its scores are not probabilities"):
        cofil.Bpr(factors=3, epochs=2).fit(ratings).predict("u1", "i1", probability=True)
