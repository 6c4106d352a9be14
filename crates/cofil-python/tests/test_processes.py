"""Threads, forks, other processes and interruptions."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import types

import pytest
from conftest import rows

import cofil

# An epoch of it is short, and all of them would take days.
ENDLESS = {"epochs": 100_000, "factors": 2}


def listed(model: cofil.Model) -> list[str]:
    return model.recommend("u1", n=5)["item"]


def trained(data: bytes) -> bytes:
    return cofil.Ials(factors=4, epochs=3, seed=1).fit(pickle.loads(data)).to_bytes()


def test_threads_share_a_model(model):
    alone = [model.recommend(user, n=5)["item"] for user in model.users]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda user: model.recommend(user, n=5)["item"], model.users * 5))
    assert together == alone * 5


def test_queries_and_updates_take_turns(ratings):
    model = cofil.Ials(factors=3, epochs=1).fit(ratings)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        updates = [pool.submit(model.update, [("u1", f"new{n}", 5)]) for n in range(10)]
        lists = [pool.submit(listed, model) for _ in range(40)]
        assert all(len(done.result()) == 5 for done in lists)
        assert sum(done.result()["new_items"] for done in updates) == 10


@pytest.mark.parametrize("how", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_other_processes_work_alike(how, model, ratings):
    # The parent has used its threads before.
    expected = listed(model)
    with multiprocessing.get_context(how).Pool(2) as pool:
        assert pool.map(listed, [model] * 4) == [expected] * 4
        assert pool.map(trained, [pickle.dumps(ratings)]) == [model.to_bytes()]


def test_the_number_of_threads_changes_nothing(ratings):
    usual = cofil.threads()
    try:
        made = []
        for threads in (1, 2, 3):
            cofil.set_threads(threads)
            assert cofil.threads() == threads
            made.append(cofil.Bpr(factors=4, epochs=2).fit(ratings).to_bytes())
        assert made[0] == made[1] == made[2]
        for wrong in (0, -1):
            with pytest.raises(cofil.SettingError, match="threads"):
                cofil.set_threads(wrong)
    finally:
        cofil.set_threads()
    assert cofil.threads() == usual


def test_an_exception_in_the_progress_function_stops_the_work(ratings):
    def enough(event):
        if event["kind"] == "epoch" and event["number"] == 3:
            raise EOFError("enough")

    with pytest.raises(EOFError, match="enough"):
        cofil.Ials(**ENDLESS).fit(ratings, progress=enough)


def test_ctrl_c_stops_the_work(ratings):
    def press(event):
        if event["kind"] == "epoch" and event["number"] == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        cofil.Ials(**ENDLESS).fit(ratings, progress=press)


def test_a_signal_stops_work_without_progress(ratings):
    class Rang(Exception):
        pass

    def ring(*_):
        raise Rang

    usual = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Rang):
            cofil.Ials(**ENDLESS).fit(ratings)
    finally:
        signal.signal(signal.SIGALRM, usual)


def test_other_threads_run_meanwhile(ratings):
    """A thread that trains for ever is stopped by another, which could not run if it held the lock."""
    begun, stop = threading.Event(), threading.Event()

    def progress(event):
        begun.set()
        if stop.is_set():
            raise EOFError

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        work = pool.submit(lambda: cofil.Ials(**ENDLESS).fit(ratings, progress=progress))
        assert begun.wait(60)
        stop.set()
        assert isinstance(work.exception(60), EOFError)


def test_work_inside_a_generator_is_part_of_its_reading():
    def parts():
        model = cofil.Popularity().fit(rows())
        yield {"user": ["a"], "item": [model.recommend()[0].item]}

    cofil.set_threads(1)
    try:
        assert len(cofil.Ratings(parts())) == 1
    finally:
        cofil.set_threads()


def test_a_terminal_gets_one_line_and_a_file_a_line_per_epoch(ratings):
    code = (
        "import cofil; r = cofil.Ratings([('a', 'x'), ('b', 'y')]); "
        "cofil.Ials(factors=1, epochs=3).fit(r, progress=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]


EVENTS = [
    {"kind": "epoch", "number": 1, "of": 2, "loss": 0.5, "validation": 0.25, "metric": "ndcg@10", "trial": None},
    {"kind": "trial", "number": 0, "of": 2, "metric": "ndcg@10", "value": 0.5},
    {"kind": "recipe", "number": 1, "of": 2, "name": "<ease>", "judged": {"metric": "auc", "value": 0.75}},
]


def test_a_notebook_gets_one_bar(monkeypatch):
    shown = []
    display = types.ModuleType("IPython.display")
    display.HTML = str
    display.display = lambda html, display_id: shown.append(html) or types.SimpleNamespace(update=shown.append)
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    bar = cofil._progress.Notebook()
    for event in EVENTS:
        bar(event)
    assert [html.split("</progress> ")[1] for html in shown] == [
        "epoch 1/2: ndcg@10 0.2500, loss 0.5", "trial 1/2: ndcg@10 0.5000", "&lt;ease&gt;: auc 0.7500",
    ]


def test_a_terminal_gets_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    line = cofil._progress.Terminal()
    for event in EVENTS:
        line(event)
    told = capsys.readouterr().err
    assert told.count("\r") == 3 and "\n" not in told and " 50 % epoch 1/2" in told


def test_importing_brings_in_no_other_library():
    code = "import sys, cofil; print([m for m in ('numpy', 'pandas', 'inspect', 'asyncio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
