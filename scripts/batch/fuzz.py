"""A batch over hundreds of mutated files ends, gives every file an outcome with a reason, and does not grow.

The files are made by ``mutations.py``; the same seed makes the same files. Those with which a worker died, or
which ran into the time limit, are kept.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from mutations import mutate
from runs import RUN, Findings, journal, launch, make_batch, workplace

LENGTHS = ("--broken", "0", "--lengths", "1.0", "1.6")
"""Of the unmutated videos: short, so that damage anywhere is reached soon."""

ENDS_WITHIN = 60.0
"""Seconds, at most, that the batch may take beyond its files' time limits to notice them."""

EVERY = 0.5
"""Seconds between two looks at the workers' memory."""

FEWEST = 20
"""Samples of which a slope says something."""

DEADLY = ("lost", "unexpected")
"""Kinds of faults that are the program's: a worker that died, an error that nobody had thought of."""

MEGABYTE = 1e6

WORKER = 100 * MEGABYTE
"""Bytes above which a process is a worker; one that has no model open has not worked."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The memory of one process at a moment.

    Attributes
    ----------
    process
        Its id.
    time
        Seconds since the batch began.
    memory
        Resident bytes.
    """

    process: int
    time: float
    memory: int


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="folder to work in, kept; default: a temporary one")
    parser.add_argument("--keep", type=Path, help="where to put files that killed or held up a worker")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--sources", type=int, default=26, help="unmutated videos; 13 are one of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds that a file may take")
    parser.add_argument("--max-frames", type=int, default=30, help="stop each file after so many frames")
    parser.add_argument("--lost", type=int, default=0, help="how many files may kill a worker")
    parser.add_argument("--growth", type=float, default=50.0, help="MB that a worker may grow by in 100 files")
    return parser.parse_args()


def watched(process: subprocess.Popen[bytes], longest: float) -> list[Sample]:
    """Return what the workers of a batch held in memory until it ended; kill it where it takes longer than that."""
    samples: list[Sample] = []
    begin = time.monotonic()
    while process.poll() is None and (passed := time.monotonic() - begin) < longest:
        samples += [Sample(pid, passed, size) for pid, size in sizes(process.pid).items()]
        time.sleep(EVERY)
    if process.poll() is None:
        process.kill()
    process.wait()
    return samples


def sizes(parent: int) -> dict[int, int]:
    """Return the resident bytes of a process's descendants."""
    found = {}
    try:
        for child in psutil.Process(parent).children(recursive=True):
            found[child.pid] = child.memory_info().rss
    except psutil.NoSuchProcess:
        return found
    return found


def growth(samples: Sequence[Sample]) -> dict[int, float]:
    """Return by how many bytes a second each worker grew after the first half of its time, in which it warms up."""
    slopes = {}
    for process, peak in peaks(samples).items():
        own = [sample for sample in samples if sample.process == process]
        settled = own[len(own) // 2 :]
        if peak > WORKER and len(settled) >= FEWEST:
            slope, _ = np.polyfit([sample.time for sample in settled], [sample.memory for sample in settled], 1)
            slopes[process] = float(slope)
    return slopes


def peaks(samples: Sequence[Sample]) -> dict[int, int]:
    """Return the most that each process held."""
    most: dict[int, int] = {}
    for sample in samples:
        most[sample.process] = max(most.get(sample.process, 0), sample.memory)
    return most


def kinds(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return for each video its status, or the kind of its fault."""
    return {name: json.loads(row["fault"])["kind"] if row["fault"] else row["status"] for name, row in rows.items()}


def without_reason(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the videos that are neither done nor failed with a reason."""
    ended = {name for name, row in rows.items() if row["status"] == "done"}
    ended |= {name for name, row in rows.items() if row["status"] == "failed" and json.loads(row["fault"])["message"]}
    return sorted(rows.keys() - ended)


def keep(rows: Mapping[str, Mapping[str, Any]], folder: Path) -> list[str]:
    """Copy the files at which the program failed, and return what happened with each."""
    told = []
    for name, kind in kinds(rows).items():
        if kind in (*DEADLY, "timeout"):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(rows[name]["path"], folder)
        if kind in DEADLY:
            told.append(f"{kind}: {name}: {json.loads(rows[name]['fault'])['message']}")
    return told


def prove(work: Path, options: argparse.Namespace) -> list[str]:
    """Carry out everything; return what was wrong."""
    findings, files, output = Findings(), work / "files", work / "out"
    make_batch(work / "sources", *LENGTHS, "--count", str(options.sources), "--seed", str(options.seed))
    sources = sorted(path for path in (work / "sources" / "videos").rglob("*") if path.is_file())
    files.mkdir()
    for number in range(options.count):
        mutate(sources, files, number, options.seed)
    limits = ["--timeout", str(options.timeout), "--max-frames", str(options.max_frames), "--retries", "0"]
    inputs = ["--video-dir", str(files), "--pattern", "*", "--poi-dir", str(work / "sources" / "poi")]
    command = [*RUN, *inputs, "--output-dir", str(output), "--jobs", str(options.jobs), *limits]
    begin = time.monotonic()
    process = launch(command, work / "batch.log")
    samples = watched(process, ENDS_WITHIN + options.count * options.timeout / options.jobs)
    seconds = time.monotonic() - begin
    findings.check(f"the batch ends: {options.count} files, {seconds:.0f} s", ended_badly(process.returncode, work))
    inspect(output, samples, seconds, options, findings)
    return findings.wrong


def ended_badly(code: int, work: Path) -> list[str]:
    """Return what is wrong with an exit code."""
    said = (work / "batch.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return [] if code in (0, 1) else [f"exit code {code}:", *said[-10:]]


def inspect(
    output: Path, samples: Sequence[Sample], seconds: float, options: argparse.Namespace, findings: Findings
) -> None:
    """Check what became of every file, and of the memory."""
    rows = journal(output)
    counted = Counter(kinds(rows).values())
    told = ", ".join(f"{count} {kind}" for kind, count in counted.most_common())
    findings.check(f"every file has an outcome: {told}", without_reason(rows) + missing(rows, options.count))
    deadly = keep(rows, options.keep or output.parent / "kept")
    findings.check(f"the program fails at {len(deadly)} files", deadly if len(deadly) > options.lost else [])
    longest = max(float(row["seconds"]) for row in rows.values())
    limit = options.timeout + ENDS_WITHIN
    findings.check(
        f"nothing hangs: the longest took {longest:.1f} s", [] if longest < limit else [f"over {limit:.0f} s"]
    )
    pace = options.count / options.jobs / seconds
    grown = [slope / pace * 100 / MEGABYTE for slope in growth(samples).values()]
    most = ", ".join(f"{peak / MEGABYTE:.0f}" for peak in peaks(samples).values() if peak > WORKER)
    figures = ", ".join(f"{growth:+.1f}" for growth in grown)
    too_much = [f"{growth:+.1f} MB in 100 files" for growth in grown if growth > options.growth]
    findings.check(f"memory: peaks {most} MB; growth in 100 files: {figures} MB", too_much)


def missing(rows: Mapping[str, Mapping[str, Any]], count: int) -> list[str]:
    """Return what is wrong with the number of outcomes."""
    return [] if len(rows) == count else [f"{len(rows)} outcomes for {count} files"]


def main() -> int:
    """Say what holds; return the exit code."""
    options = arguments()
    with workplace(options.work) as work:
        return 1 if prove(work, options) else 0


if __name__ == "__main__":
    sys.exit(main())
