"""The command `cofil`, the same as the one without Python."""

import sys

from cofil import _cofil


def main() -> None:
    sys.exit(_cofil.main(["cofil", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
