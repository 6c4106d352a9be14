"""Which peers run which job, where they live, and the threads each part of them may use. Standard library only."""

import os
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = Path(os.environ.get("COFIL_PEERS", ROOT / "target" / "peers")).resolve()
PYTHON = ENVIRONMENT / "bin" / "python"
LIBMF_AVX = ENVIRONMENT / "libmf-avx"
INPUTS = ENVIRONMENT / "inputs"
DATA = Path(os.environ.get("COFIL_DATA", ROOT.parent / "shared" / "data")).resolve()


@dataclass(frozen=True)
class Peer:
    """One row of a table: the installed package behind it and the threads its BLAS gets."""

    package: str
    blas_threads: int | None = None  # None: as many as the job
    absent: str | None = None  # why setup.py leaves it out

    def version(self):
        try:
            return metadata.version(self.package)
        except metadata.PackageNotFoundError:
            return None


# Libraries with threads of their own fight OpenBLAS's: they get a BLAS of one thread, as implicit's manual demands.
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
    },
    "ease": {
        "irspack": Peer("irspack"),
        "scipy": Peer("scipy"),
    },
    "item-knn": {
        "implicit": Peer("implicit", 1),
        "irspack": Peer("irspack", 1),
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
        "lenskit": Peer("lenskit", absent="needs torch and an older pandas and pyarrow than the other peers"),
    },
    "load": {
        "polars": Peer("polars"),
        "pyarrow": Peer("pyarrow"),
        "pandas": Peer("pandas"),
    },
}

# What a job's table compares: the key in "seconds".
TIMED = {"mf": "fit", "ials": "fit", "ease": "fit", "item-knn": "fit",
         "topk": "recommend", "evaluate": "evaluate", "load": "load"}  # fmt: skip


def thread_environment(job, peer, threads):
    """Environment variables that hold the peer to `threads`; they count only before its libraries are loaded."""
    blas = JOBS[job][peer].blas_threads or threads
    counts = {"OPENBLAS_NUM_THREADS": blas, "MKL_NUM_THREADS": blas, "OMP_NUM_THREADS": threads,
              "NUMBA_NUM_THREADS": threads, "POLARS_MAX_THREADS": threads,
              "IRSPACK_NUM_THREADS_DEFAULT": threads}  # fmt: skip
    return {name: str(count) for name, count in counts.items()}
