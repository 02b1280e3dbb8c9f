"""Runs a batch of real videos on a local Ray cluster of three nodes, and kills one in the middle.

All outputs are compared with those of the pool of this machine.
``python scripts/batch/nodes.py --work DIR`` keeps everything in DIR: the videos, both output folders and what was said.
It needs the plugin ``slceleb-runner-ray`` and about 4 GB of memory.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compare import differences
from runs import Batch, Findings, count_done, launch, make_batch, run, workplace

from slceleb_runner_ray.connection import REPORTING

NODES = 3

OBJECT_STORE = 100 * 2**20
"""Bytes: about the least that Ray takes."""

GRACE = 3600.0
"""Seconds after which a run is taken for one that hangs."""


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="folder to work in, kept; default: a temporary one")
    parser.add_argument("--count", type=int, default=40, help="videos in all")
    parser.add_argument("--broken", type=int, default=6, help="of them broken")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


@contextmanager
def cluster() -> Iterator[Any]:
    """Give a cluster of three nodes of one processor each, which reports to nobody and asks for a token."""
    os.environ.update(REPORTING, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    from ray.cluster_utils import Cluster  # it reads the environment when it is imported

    node = {"num_cpus": 1, "object_store_memory": OBJECT_STORE}
    running = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        for _ in range(NODES - 1):
            running.add_node(**node)
        yield running
    finally:
        running.shutdown()


def run_and_kill(command: list[str], output: Path, when: int, running: Any) -> tuple[int, float, int]:
    """Run a batch and kill a node once so many videos are done.

    Returns
    -------
    code, seconds, done
        The exit code, how long it took, and how many videos were done when the node died.
    """
    begin = time.monotonic()
    process = launch(command, output.with_suffix(".log"))
    try:
        while process.poll() is None and count_done(output) < when:
            time.sleep(0.05)
        done = count_done(output)
        if process.poll() is None:
            running.remove_node(next(iter(running.worker_nodes)), allow_graceful=False)
        code = process.wait(GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        raise
    return code, time.monotonic() - begin, done


def main() -> int:
    """Say what was found; return the exit code."""
    options, findings = arguments(), Findings()
    os.environ["OMP_NUM_THREADS"] = "1"  # as Ray has it: in another order, sums differ in their ninth digit
    with workplace(options.work) as work:
        made = ("--count", str(options.count), "--broken", str(options.broken), "--seed", str(options.seed))
        make_batch(work / "batch", *made)
        batch, pool, ray = Batch(work / "batch"), work / "pool", work / "ray"
        ended = run(batch.command(pool, "--jobs", "2"), pool.with_suffix(".log"))
        print(f"pool: exit code {ended.code}, {ended.seconds:.0f} s, {count_done(pool)} videos done", flush=True)
        with cluster() as running:
            how = ("--runner", "ray", "--runner-option", f"address={running.address}", "--jobs", str(NODES))
            good = options.count - options.broken
            code, seconds, done = run_and_kill(batch.command(ray, *how), ray, good // 3, running)
        print(f"ray: exit code {code}, {seconds:.0f} s, {count_done(ray)} videos done", flush=True)
        findings.check(f"a node was killed in the middle ({done} of {good} videos were done)", middle(done, good))
        findings.check("it was noticed, and cost the video it was at", lost(ray))
        findings.check("same exit code", [] if code == ended.code else [f"{code}, not {ended.code}"])
        findings.check("same outputs, file by file", differences(pool, ray))
    return 1 if findings.wrong else 0


def middle(done: int, good: int) -> list[str]:
    """Return what speaks against a node having died in the middle."""
    return [] if 0 < done < good else [f"{done} of {good} videos were done"]


def lost(output: Path) -> list[str]:
    """Return what speaks against a video having been lost, and tried again."""
    log = output / "slceleb.log"
    said = log.read_text(encoding="utf-8") if log.is_file() else ""
    lines = [line for line in said.splitlines() if "worker lost: its node" in line and "tried again" in line]
    return [] if len(lines) == 1 else [f"{len(lines)} videos are said to have been lost"]


if __name__ == "__main__":
    sys.exit(main())
