"""Throughput of several workers against one, on the same batch: whole runs, start-up included, in turn."""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from pathlib import Path

from runs import Batch, count_done, make_batch, run, workplace


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="folder to work in, kept; default: a temporary one")
    parser.add_argument("--count", type=int, default=40, help="videos, all of them good")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], help="numbers of workers; the first is the base")
    parser.add_argument("--least", type=float, default=1.6, help="ratio of the last to the first that is asked for")
    return parser.parse_args()


def seconds_of(batch: Batch, jobs: int, output: Path) -> float:
    """Return how long a run takes; its outputs are deleted."""
    shutil.rmtree(output, ignore_errors=True)
    ended = run(batch.command(output, "--jobs", str(jobs)), output.with_suffix(".log"))
    if ended.code != 0:
        raise SystemExit(f"exit code {ended.code}:\n{ended.said}")
    done = count_done(output)
    shutil.rmtree(output)
    print(f"--jobs {jobs}: {ended.seconds:.1f} s, {60 * done / ended.seconds:.1f} videos a minute", flush=True)
    return ended.seconds


def measure(batch: Batch, work: Path, options: argparse.Namespace) -> dict[int, list[float]]:
    """Return the seconds of every run by number of workers; the order is turned round each time."""
    seconds: dict[int, list[float]] = {jobs: [] for jobs in options.jobs}
    for turn in range(options.repeat):
        for jobs in options.jobs[:: -1 if turn % 2 else 1]:
            seconds[jobs].append(seconds_of(batch, jobs, work / "out"))
    return seconds


def main() -> int:
    """Say how much faster it is; return the exit code."""
    options = arguments()
    with workplace(options.work) as work:
        make_batch(work / "batch", "--count", str(options.count), "--broken", "0", "--seed", str(options.seed))
        seconds = measure(Batch(work / "batch"), work, options)
    base, most = options.jobs[0], options.jobs[-1]
    ratios = [single / many for single, many in zip(seconds[base], seconds[most], strict=True)]
    ratio = statistics.median(ratios)
    spread = ", ".join(f"{value:.2f}" for value in ratios)
    print(f"--jobs {most} has {ratio:.2f} times the throughput of --jobs {base} (runs: {spread})")
    return 0 if ratio >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
