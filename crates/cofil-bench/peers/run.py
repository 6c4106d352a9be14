#!/usr/bin/env python3
"""Runs one peer on one job and prints one JSON object.

    run.py --list                                   # every job and peer, with version or null
    run.py JOB PEER [--repeat N] [--threads 2]      # e.g. run.py ials implicit-cg --repeat 3
    run.py --prepare                                # only create the shared inputs (ratings.dat, factors)
    run.py --score FILE.npy                         # quality of lists, of scores of candidates, or of predictions

Output of peers goes to standard error; standard output has only the JSON.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

import catalog


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", nargs="?", choices=catalog.JOBS)
    parser.add_argument("peer", nargs="?")
    parser.add_argument("--repeat", type=int, default=1, help="repetitions of the timed part within the process")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--score", metavar="FILE")
    args = parser.parse_args()
    if not (args.list or args.prepare or args.score) and args.peer not in catalog.JOBS.get(args.job, {}):
        parser.error(f"peers of {args.job}: {', '.join(catalog.JOBS.get(args.job, {})) or 'name a job first'}")
    return args


def listing():
    return [
        {"job": job, "peer": name, "package": peer.package, "version": peer.version(), "timed": catalog.TIMED[job]}
        for job, peers in catalog.JOBS.items()
        for name, peer in peers.items()
    ]


def run(args):
    peer = catalog.JOBS[args.job][args.peer]
    answer = {"job": args.job, "peer": args.peer, "package": peer.package, "version": peer.version(),
              "threads": args.threads, "timed": catalog.TIMED[args.job]}  # fmt: skip
    if answer["version"] is None:
        return {**answer, "status": "not installed", "reason": "see the output of setup.py"}
    os.environ.update(catalog.thread_environment(args.job, args.peer, args.threads))
    try:
        from measure import Bench

        bench = Bench(args.job, args.threads, args.repeat)
        # Some peers leave files in their working folder.
        scratch = tempfile.TemporaryDirectory()
        os.chdir(scratch.name)
        peers = importlib.import_module("jobs." + catalog.module(args.job)).PEERS
        peers.get(args.job, peers)[args.peer](bench)
        return {**answer, "status": "ok", **bench.report()}
    except Exception as error:
        traceback.print_exc()
        return {**answer, "status": f"failed: {type(error).__name__}: {error}"}


def score(path):
    """Scores a file: an integer matrix has one list per user, a float matrix the scores of the NCF split's candidates,
    and a vector the predictions for the test set of MovieLens-1M or 100K (by its length), user by user and item by item."""
    import metrics
    import numpy
    import split

    results = numpy.load(path)
    if results.ndim == 1:
        # The split whose test set has this number of ratings.
        parts = (split.triples("test", folder) for folder in ("ml-1m-90-10", "ml-100k-90-10"))
        users, items, ratings = next(part for part in parts if len(part[2]) == len(results))
        quality = metrics.score_ratings(results, ratings[numpy.lexsort((items, users))])
    elif results.dtype.kind == "f":
        quality = metrics.score_candidates(results, split.ncf_candidates())
    else:
        quality = metrics.score_lists(results, split.positives("test"))
    return {name: round(float(value), 6) for name, value in quality.items()}


def main():
    args = arguments()
    # Run again in the peer's environment if started by another Python.
    environment = catalog.JOBS[args.job][args.peer].environment if args.peer else ""
    python = catalog.python(environment)
    if python.exists() and Path(sys.prefix).resolve() != catalog.home(environment):
        os.execv(python, [str(python), *sys.argv])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if args.prepare:
        import inputs

        answer = inputs.prepare()
    elif args.score:
        answer = score(args.score)
    else:
        answer = listing() if args.list else run(args)
    print(json.dumps(answer), file=out, flush=True)
    sys.exit(1 if isinstance(answer, dict) and answer.get("status", "ok").startswith("failed") else 0)


if __name__ == "__main__":
    main()
