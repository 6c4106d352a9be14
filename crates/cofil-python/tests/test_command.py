"""The package and the command are the same engine: the same bytes for every algorithm."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

import cofil
from cofil._algorithms import NAMES, by_name

# Small enough for a test.
QUICK = {"epochs": 2, "factors": 4, "layers": [8, 4], "hidden": 4, "pretrain_epochs": 1}


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "cofil", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", NAMES.values())
def test_every_algorithm_gives_the_bytes_of_the_command(name, csv, tmp_path):
    made = by_name(name)
    settings = {setting: value for setting, value in QUICK.items() if setting in made._defaults}
    path = tmp_path / "m.cofil"
    pairs = [f"--set={k}={','.join(map(str, v)) if isinstance(v, list) else v}" for k, v in settings.items()]
    done = command("train", csv, "-a", name, *pairs, "--seed", 7, "-o", path)
    assert done.returncode == 0, done.stderr
    model = made(seed=7, **settings).fit(cofil.read(csv))
    assert model.to_bytes() == path.read_bytes()
    # A list, too.
    done = command("recommend", path, "--all", "-n", 3)
    lines = done.stdout.splitlines()[1:]
    ours = [(row.user, row.item, str(row.rank)) for row in model.recommend_all(3)]
    assert ours == [tuple(line.split(",")[:3]) for line in lines]


def test_validation_splits_off_the_same_rows(csv, tmp_path):
    path = tmp_path / "m.cofil"
    options = ["-a", "bpr", "--set", "epochs=4", "--set", "factors=4", "--valid", "0.2", "--seed", 3]
    done = command("train", csv, *options, "-o", path)
    assert done.returncode == 0, done.stderr
    model = cofil.Bpr(epochs=4, factors=4, seed=3).fit(cofil.read(csv), valid=0.2)
    assert model.to_bytes() == path.read_bytes()


def test_a_split_is_that_of_the_command(csv, tmp_path):
    done = command("split", csv, "--by", "user-random", "--test", "0.3", "--seed", 5, "-o", tmp_path / "parts")
    assert done.returncode == 0, done.stderr
    split = cofil.read(csv).split(by="user-random", test=0.3, seed=5)
    assert split.report["id"] in (tmp_path / "parts/split.json").read_text()
    train = cofil.read(tmp_path / "parts/train.csv")
    assert train.to_dict() == split[0].to_dict()


def test_the_command_has_its_exit_status_and_words(tmp_path):
    assert command("--version").stdout.strip() == f"cofil {cofil.__version__}"
    missing = command("inspect", tmp_path / "none")
    assert missing.returncode == 1 and "No such file" in missing.stderr
    assert command("train").returncode == 2


def test_ctrl_c_ends_the_command_as_it_does_without_python(csv, tmp_path):
    path = tmp_path / "m.cofil"
    words = [sys.executable, "-m", "cofil", "train", csv, "-a", "ials", "--set", "epochs=100000", "-o", path]
    with subprocess.Popen(list(map(str, words)), stderr=subprocess.PIPE, text=True) as running:
        # The first epoch has ended: the training ends with the next, and its model is kept.
        assert any(line.startswith("epoch 1/") for line in running.stderr)
        running.send_signal(signal.SIGINT)
        told = running.stderr.read()
    assert running.returncode == 130 and "is saved" in told
    assert cofil.load(path).algorithm == "ials"


def test_a_closed_pipe_ends_the_command_quietly(csv, tmp_path):
    path = tmp_path / "m.cofil"
    cofil.Popularity().fit(cofil.read(csv)).save(path)
    line = f"{sys.executable} -m cofil recommend {path} --all -n 30 | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("user,item") and done.stderr == ""
