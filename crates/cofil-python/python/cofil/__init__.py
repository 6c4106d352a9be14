"""Collaborative filtering: from a table of interactions to evaluated, explained recommendations.

    import cofil

    train, test = cofil.read("ratings.csv").split(by="user-random", test=0.2, seed=42)
    model = cofil.Ials(factors=64, seed=1).fit(train)
    model.recommend("u1", n=10)
    model.evaluate(test)["ndcg@10"]
"""

from typing import TYPE_CHECKING

from cofil import algorithms as algorithms
from cofil import plot as plot
from cofil._algorithms import fit as fit
from cofil._cofil import __version__ as __version__
from cofil._cofil import set_threads as set_threads
from cofil._cofil import threads as threads
from cofil._errors import DataError as DataError
from cofil._errors import DivergedError as DivergedError
from cofil._errors import Error as Error
from cofil._errors import FormatError as FormatError
from cofil._errors import InternalError as InternalError
from cofil._errors import IoError as IoError
from cofil._errors import NotFoundError as NotFoundError
from cofil._errors import ReadWarning as ReadWarning
from cofil._errors import ResourcesError as ResourcesError
from cofil._errors import SettingError as SettingError
from cofil._errors import StoppedError as StoppedError
from cofil._errors import UnsupportedError as UnsupportedError
from cofil._exchange import import_model as import_model
from cofil._model import Model as Model
from cofil._model import load as load
from cofil._ratings import Ratings as Ratings
from cofil._ratings import Split as Split
from cofil._ratings import read as read
from cofil._ratings import sample as sample
from cofil._reports import Board as Board
from cofil._reports import Description as Description
from cofil._reports import Measure as Measure
from cofil._reports import Report as Report
from cofil._reports import Reproduction as Reproduction
from cofil._reports import Study as Study
from cofil._tables import Explanation as Explanation
from cofil._tables import Interview as Interview
from cofil._tables import Predictions as Predictions
from cofil._tables import Recommendations as Recommendations
from cofil._tables import Table as Table
from cofil._work import compare as compare
from cofil._work import experiments as experiments
from cofil._work import reproduce as reproduce
from cofil._work import tune as tune

__all__ = [
    "Board",
    "DataError",
    "Description",
    "DivergedError",
    "Error",
    "Explanation",
    "FormatError",
    "InternalError",
    "Interview",
    "IoError",
    "Measure",
    "Model",
    "NotFoundError",
    "Predictions",
    "Ratings",
    "ReadWarning",
    "Recommendations",
    "Report",
    "Reproduction",
    "ResourcesError",
    "SettingError",
    "Split",
    "StoppedError",
    "Study",
    "Table",
    "UnsupportedError",
    "algorithms",
    "compare",
    "experiments",
    "fit",
    "import_model",
    "load",
    "plot",
    "read",
    "reproduce",
    "sample",
    "set_threads",
    "threads",
    "tune",
]
__all__ += algorithms.__all__

if TYPE_CHECKING:
    from cofil.algorithms import *  # noqa: F403
else:
    # The classes of the algorithms are made when they are first used.
    def __getattr__(name):
        from cofil._algorithms import attribute

        return attribute(name, __name__)

    def __dir__():
        return [*__all__, "__version__"]
