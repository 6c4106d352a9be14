"""Progress of long work: a line in the terminal, a bar in a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Union

Event = dict[str, Any]
Progress = Union[bool, Callable[[Event], object]]


def hear(progress: Progress) -> Callable[[Event], object] | None:
    """The function that receives events; none without progress."""
    if callable(progress):
        return progress
    if not progress:
        return None
    return Notebook() if in_notebook() else Terminal()


def in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def text(event: Event) -> tuple[str, int, int | None]:
    """What happens, how much of it is done, and of how much."""
    number, of = event.get("number", 0), event.get("of")
    if event["kind"] == "stage":
        return event["name"], event["done"], of
    if event["kind"] == "epoch":
        told = f"loss {event['loss']:.5g}"
        if event["validation"] is not None:
            told = f"{event['metric']} {event['validation']:.4f}, {told}"
        trial = "" if event["trial"] is None else f"trial {event['trial'] + 1}, "
        return f"{trial}epoch {number}/{of}: {told}", number, of
    if event["kind"] == "trial":
        value = "failed" if event["value"] is None else f"{event['value']:.4f}"
        return f"trial {number + 1}/{of}: {event['metric']} {value}", number + 1, of
    judged = event["judged"] or {}
    told = judged.get("error") or ("" if judged.get("value") is None else f"{judged['metric']} {judged['value']:.4f}")
    return f"{event['name']}{': ' if told else ''}{told}", number - (event["judged"] is None), of


class Terminal:
    """One line on standard error, written again for each event; without a terminal a line for each epoch."""

    def __init__(self) -> None:
        self.width = 0
        self.start = time.monotonic()

    def __call__(self, event: Event) -> None:
        told, done, of = text(event)
        if not sys.stderr.isatty():
            if event["kind"] != "stage":
                print(told, file=sys.stderr)
            return
        share = f"{100 * done // of:3d} % " if of else ""
        # Work that takes no time to notice says nothing.
        if event["kind"] == "stage" and time.monotonic() - self.start < 0.3:
            return
        line = f"{share}{told}"
        print("\r" + line.ljust(self.width), end="", file=sys.stderr, flush=True)
        self.width = len(line)

    def __del__(self) -> None:
        if self.width:
            print(file=sys.stderr)


class Notebook:
    """A bar that changes in place."""

    def __init__(self) -> None:
        self.handle: Any = None

    def __call__(self, event: Event) -> None:
        from html import escape

        from IPython.display import HTML, display  # pyright: ignore[reportMissingImports]

        told, done, of = text(event)
        bar = f"<progress value={done} max={of}></progress> " if of else ""
        shown = HTML(f"{bar}{escape(told)}")
        if self.handle is None:
            self.handle = display(shown, display_id=True)
        else:
            self.handle.update(shown)
