"""Figures that came from another process."""

from __future__ import annotations

import os
from typing import NamedTuple

from cofil._errors import FormatError, IoError


class Drawn(NamedTuple):
    """What a figure looks like, with the methods of the extension's figure, which stays where it was drawn."""

    as_svg: str
    as_png: bytes

    def svg(self) -> str:
        return self.as_svg

    def png(self) -> bytes:
        return self.as_png

    def save(self, path: str) -> None:
        contents = {".svg": self.as_svg.encode(), ".png": self.as_png}
        ending = os.path.splitext(path)[1].lower()
        if ending not in contents:
            raise FormatError(f"{path}: a figure is written to a file that ends in .svg or .png")
        try:
            with open(path, "wb") as file:
                file.write(contents[ending])
        except OSError as error:
            raise IoError(f"{path}: {error.strerror}") from None
