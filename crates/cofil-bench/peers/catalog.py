"""The peers of each job, their environments, and the threads they may use. Standard library only."""

import os
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = Path(os.environ.get("COFIL_PEERS", ROOT / "target" / "peers")).resolve()
LIBMF_AVX = ENVIRONMENT / "libmf-avx"
INPUTS = ENVIRONMENT / "inputs"
DATA = Path(os.environ.get("COFIL_DATA", ROOT.parent / "shared" / "data")).resolve()


# Virtual environments: the common one, and one inside it for each set of packages that conflicts with the rest.
ENVIRONMENTS = ("", "torch", "recbole")


def home(environment):
    return ENVIRONMENT / environment


def python(environment):
    return home(environment) / "bin" / "python"


@dataclass(frozen=True)
class Peer:
    """One row of a table: the installed package, its environment, and its number of BLAS threads."""

    package: str
    blas_threads: int | None = None  # None: as many as the job
    environment: str = ""

    def version(self):
        path = [str(folder) for folder in home(self.environment).glob("lib/python*/site-packages")]
        found = next(iter(metadata.distributions(name=self.package, path=path)), None)
        return found.version if found else None


# Libraries with their own threads conflict with OpenBLAS: they get one BLAS thread, as implicit's manual requires.
JOBS = {
    "mf": {
        "libmf": Peer("libmf"),
        "libmf-avx": Peer("libmf"),
        "cornac": Peer("cornac"),
    },
    "ials": {
        "implicit-cg": Peer("implicit", 1),
        "implicit-cholesky": Peer("implicit", 1),
        "irspack-cg": Peer("irspack", 1),
        "irspack-cholesky": Peer("irspack", 1),
        "cmfrec-cg": Peer("cmfrec", 1),
        "lenskit": Peer("lenskit", 1, environment="torch"),
    },
    "bpr": {
        "cornac": Peer("cornac"),
        "implicit": Peer("implicit", 1),
    },
    "warp": {
        "lightfm": Peer("lightfm-next"),
    },
    "svd-plus-plus": {
        "surprise": Peer("scikit-surprise"),
    },
    "ease": {
        "irspack": Peer("irspack"),
        "scipy": Peer("scipy"),
    },
    "item-knn": {
        "implicit": Peer("implicit", 1),
        "irspack": Peer("irspack", 1),
        "lenskit": Peer("lenskit", 1, environment="torch"),
    },
    "slim": {
        "irspack": Peer("irspack", 1),
    },
    "rp3beta": {
        "irspack": Peer("irspack", 1),
    },
    "knn-baseline": {
        "surprise": Peer("scikit-surprise"),
    },
    "topk": {
        "implicit": Peer("implicit", 1),
        "numpy": Peer("numpy"),
    },
    "evaluate": {
        "irspack": Peer("irspack"),
        "implicit": Peer("implicit", 1),
        "numpy": Peer("numpy"),
        "ranx": Peer("ranx"),
        "recpack": Peer("recpack"),
        "lenskit": Peer("lenskit", environment="torch"),
    },
    "neumf": {
        "pytorch": Peer("torch", environment="torch"),
        "pytorch-fused": Peer("torch", environment="torch"),
        "recbole": Peer("recbole", environment="recbole"),
    },
    **{name: {"pytorch": Peer("torch", environment="torch")}
       for name in ("autorec-item", "autorec-user", "autorec-gowalla", "autorec-wide")},
    "python-ials": {
        "cofil": Peer("cofil", 1),
        "implicit": Peer("implicit", 1),
        "irspack": Peer("irspack", 1),
        "lenskit": Peer("lenskit", 1, environment="torch"),
        "rusket": Peer("rusket", 1),
    },
    "python-item-knn": {
        "cofil": Peer("cofil", 1),
        "implicit": Peer("implicit", 1),
        "irspack": Peer("irspack", 1),
        "lenskit": Peer("lenskit", 1, environment="torch"),
        "rusket": Peer("rusket", 1),
    },
    "python-ease": {
        "cofil": Peer("cofil", 1),
        "irspack": Peer("irspack"),
        "lenskit": Peer("lenskit", environment="torch"),
        "rusket": Peer("rusket"),
        "kindling": Peer("kindling-rec"),
    },
    "python-bpr": {
        "cofil": Peer("cofil", 1),
        "implicit": Peer("implicit", 1),
        "rusket": Peer("rusket", 1),
    },
    "python-frames": {
        "cofil": Peer("cofil", 1),
        "cofil-polars": Peer("cofil", 1),
        "cofil-arrow": Peer("cofil", 1),
        "pandas": Peer("pandas"),
        "lenskit": Peer("lenskit", environment="torch"),
    },
    "load": {
        "polars": Peer("polars"),
        "pyarrow": Peer("pyarrow"),
        "pandas": Peer("pandas"),
    },
}

# The time to compare for each job: the key in "seconds".
TIMED = {job: {"topk": "recommend", "evaluate": "evaluate", "load": "load", "python-frames": "convert"}.get(
    job, "whole" if job.startswith("python") else "fit") for job in JOBS}  # fmt: skip


def module(job):
    """Returns the file of the job in jobs/; the AutoRec jobs share one, and those from a data frame to lists."""
    if job.startswith("autorec"):
        return "autorec"
    return "python" if TIMED[job] == "whole" else job.replace("-", "_")


def thread_environment(job, peer, threads):
    """Returns environment variables that limit the peer to `threads`; to be set before its libraries are loaded."""
    blas = JOBS[job][peer].blas_threads or threads
    counts = {"OPENBLAS_NUM_THREADS": blas, "MKL_NUM_THREADS": blas, "OMP_NUM_THREADS": threads,
              "NUMBA_NUM_THREADS": threads, "POLARS_MAX_THREADS": threads,
              "IRSPACK_NUM_THREADS_DEFAULT": threads}  # fmt: skip
    return {name: str(count) for name, count in counts.items()}
