"""Measurement of time and memory, and the report of a job."""

import gc
import resource
import statistics
import time
from pathlib import Path


def peak_memory_mb():
    """Peak memory of this process. ru_maxrss would also count the memory of the parent process."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Bench:
    """Collects the measurements of one peer for one job."""

    def __init__(self, job, threads, repeat):
        self.job = job
        self.threads = threads
        self.repeat = repeat
        self.seconds = {}
        self.quality = {}  # by our own evaluator
        self.reported = {}  # by the peer itself, if it evaluates
        self.settings = {}
        self.start_memory_mb = None
        self.peak_memory_mb = None

    def time(self, name, work, repeat=None):
        """Times `work` under `name` and returns its last result. Peak memory is read here, before scoring."""
        if self.start_memory_mb is None:
            self.start_memory_mb = peak_memory_mb()
        runs = []
        for _ in range(repeat or self.repeat):
            result = None  # free the previous model, so that it does not count in the memory of the next
            gc.collect()
            start = time.perf_counter()
            result = work()
            runs.append(time.perf_counter() - start)
        self.seconds[name] = runs
        self.peak_memory_mb = peak_memory_mb()
        return result

    def once(self, name, work):
        """Times a preparation step, which runs once and is not compared."""
        return self.time(name, work, repeat=1)

    def report(self):
        return {
            "repeat": self.repeat,
            "seconds": {name: round(statistics.median(runs), 6) for name, runs in self.seconds.items()},
            "seconds_min": {name: round(min(runs), 6) for name, runs in self.seconds.items()},
            "peak_memory_mb": round(self.peak_memory_mb, 1),
            "start_memory_mb": round(self.start_memory_mb, 1),
            "quality": {name: round(float(value), 6) for name, value in self.quality.items()},
            "reported": {name: round(float(value), 6) for name, value in self.reported.items()},
            "settings": self.settings,
        }
