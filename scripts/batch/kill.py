"""A batch that is killed again and again, and resumed each time, comes to the same as one that is left alone.

The whole process group gets SIGKILL at random moments, spread over the run. Afterwards the outputs are compared file by
file with those of an undisturbed run (``compare.py`` says what counts), no result that stood at a kill may have
been touched since, and no video may have been begun twice but those that were in flight. ``--retune`` then changes one
threshold on the finished batch, measures how long that takes, and compares with a fresh run of that profile.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare import differences, failures
from runs import (
    Batch,
    Ended,
    Findings,
    Stamps,
    count_done,
    journal,
    kill_group,
    launch,
    make_batch,
    resume,
    run,
    stamps,
    workplace,
)

RETUNE = "segments.onset=0.6"

LATEST = 1.5
"""Seconds, at most, between the moment that a kill waits for and the kill."""

POLL = 0.02
"""Seconds between two looks at how far a run is."""

SOME_FAILED = 1
"""Exit code of a batch of which some videos have failed."""


@dataclass(frozen=True, slots=True)
class KillTime:
    """When a run is to be killed.

    Attributes
    ----------
    done
        Once so many videos are finished,
    later
        so many seconds after that.
    """

    done: int
    later: float


@dataclass(frozen=True, slots=True)
class Kill:
    """What there was at a kill.

    Attributes
    ----------
    standing
        The finished videos, and their files.
    in_flight
        Videos that a worker had, or had next in its queue.
    begun
        How often each video had been begun in the run that was killed.
    outlived
        Processes that survived.
    """

    standing: Stamps
    in_flight: frozenset[str]
    begun: Counter[str]
    outlived: list[str]


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="folder to work in, kept; default: a temporary one")
    parser.add_argument("--count", type=int, default=40, help="videos, broken ones included")
    parser.add_argument("--broken", type=int, default=6)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-frames", type=int, help="stop each video after so many frames")
    parser.add_argument("--retune", action="store_true", help=f"also measure a rerun with --set {RETUNE}")
    parser.add_argument("--within", type=float, default=0.05, help="part of the first run's time that it may take")
    return parser.parse_args()


def kill_times(videos: int, kills: int, dice: random.Random) -> list[KillTime]:
    """Return when to kill, spread over a run of so many videos that can be finished."""
    share = videos / kills
    return [KillTime(int(share * (number + 0.8 * dice.random())), dice.uniform(0, LATEST)) for number in range(kills)]


def times_begun(output: Path) -> dict[str, str | None]:
    """Return when each video was last begun."""
    return {name: row["begun"] for name, row in journal(output).items()}


def begun_since(before: dict[str, str | None], output: Path) -> Counter[str]:
    """Return how often each video was begun in the run that has just ended."""
    rows = journal(output)
    return Counter({name: row["attempts"] for name, row in rows.items() if row["begun"] != before.get(name)})


def killed(command: list[str], output: Path, log: Path, moment: KillTime) -> Kill | None:
    """Start a run and kill it at a moment; None where it ended before."""
    before = times_begun(output)
    process = launch(command, log)
    while count_done(output) < moment.done and process.poll() is None:
        time.sleep(POLL)
    try:
        process.wait(moment.later)
    except subprocess.TimeoutExpired:
        outlived = kill_group(process)
    else:
        return None
    in_flight = frozenset(name for name, row in journal(output).items() if row["status"] == "running")
    return Kill(stamps(output), in_flight, begun_since(before, output), outlived)


def disturbed(batch: Batch, output: Path, when: Sequence[KillTime], findings: Findings) -> Ended:
    """Run a batch, kill and resume it again and again, let it finish, and check what can be told from the kills."""
    kills = []
    for number, moment in enumerate(when, start=1):
        begun = (output / "batch_checkpoint.json").is_file()
        command = resume(output, batch.manner) if begun else batch.command(output)
        kill = killed(command, output, output.parent / f"killed-{number}.log", moment)
        if kill is None:
            # a machine may be quicker than the moments were chosen for; without any kill nothing is shown
            findings.check(f"kill {number}: the run had ended before", [] if kills else ["no run was killed"])
            break
        findings.check(f"kill {number}: {describe(kill)}", kill.outlived)
        kills.append(kill)
    before = times_begun(output)
    ended = run(resume(output, batch.manner), output.parent / "resumed.log")
    findings.check("no result that stood at a kill was touched again", touched(kills, stamps(output)))
    last = begun_since(before, output)
    findings.check("only what was in flight was begun again", begun_again(kills, last))
    return ended


def describe(kill: Kill) -> str:
    """Return in words what there was at a kill."""
    names = ", ".join(sorted(kill.in_flight)) or "nothing"
    return f"{len(kill.standing)} videos finished; in flight: {names}"


def touched(kills: Sequence[Kill], now: Stamps) -> list[str]:
    """Return which videos were finished at a kill and have other files now."""
    return sorted({name for kill in kills for name, files in kill.standing.items() if now.get(name) != files})


def begun_again(kills: Sequence[Kill], last: Counter[str]) -> list[str]:
    """Return which videos were begun more often than kills, and the first time, account for."""
    begun, in_flight = last.copy(), Counter[str]()
    for kill in kills:
        begun.update(kill.begun)
        in_flight.update(kill.in_flight)
    print(
        f"        begun once: {sum(n == 1 for n in begun.values())}, more often: {sum(n > 1 for n in begun.values())}"
    )
    return [
        f"{name}: begun {count} times, in flight at {in_flight[name]} kills"
        for name, count in sorted(begun.items())
        if count > 1 + in_flight[name]
    ]


def wrong_failures(batch: Batch, output: Path) -> list[str]:
    """Return how the failures that are told differ from the videos that are broken."""
    told = {Path(row["video"]): row["reason"] for row in failures(output)}
    broken = batch.broken()
    wrong = [f"{video.name}: failed, but is not broken" for video in told.keys() - broken.keys()]
    wrong += [f"{video.name}: broken, but not named" for video in broken.keys() - told.keys()]
    return wrong + [f"{video.name}: no reason is given" for video, reason in told.items() if not reason]


def show_failures(batch: Batch, output: Path) -> None:
    """Print how each broken video is broken, and what was said of it."""
    broken = batch.broken()
    for row in failures(output):
        print(f"        {broken.get(Path(row['video']), 'not broken')}: {row['kind']}: {row['reason']}")


def unexpected(batch: Batch, ended: Ended) -> list[str]:
    """Return what is wrong with how a run ended."""
    wanted = SOME_FAILED if batch.broken() else 0
    return (
        [] if ended.code == wanted else [f"exit code {ended.code}, expected {wanted}:", *ended.said.splitlines()[-10:]]
    )


def retune(batch: Batch, output: Path, first: Ended, within: float, findings: Findings) -> None:
    """Change a threshold on the finished batch: fast, and the same as a fresh run."""
    fresh = output.parent / "fresh"
    again = run(resume(output, [*batch.manner, "--set", RETUNE]), output.parent / "retuned.log")
    findings.check("the retuned run ends well", unexpected(batch, again))
    part = again.seconds / first.seconds
    figure = f"retuning takes {again.seconds:.1f} s, {part:.1%} of the first run's {first.seconds:.1f} s"
    findings.check(figure, [f"more than {within:.0%}"] if part > within else [])
    ended = run(batch.command(fresh, "--set", RETUNE), output.parent / "fresh.log")
    findings.check("the fresh run ends well", unexpected(batch, ended))
    findings.check("the retuned outputs equal those of a fresh run", differences(output, fresh))


def prove(work: Path, options: argparse.Namespace) -> list[str]:
    """Carry out everything; return what was wrong."""
    findings, folder = Findings(), work / "batch"
    make_batch(folder, "--count", str(options.count), "--broken", str(options.broken), "--seed", str(options.seed))
    frames = [] if options.max_frames is None else ["--max-frames", str(options.max_frames)]
    batch = Batch(folder, tuple(frames), ("--jobs", str(options.jobs)))
    first = run(batch.command(work / "undisturbed"), work / "undisturbed.log")
    findings.check(f"undisturbed: {first.seconds:.1f} s", unexpected(batch, first))
    findings.check("all but the broken videos are done", wrong_failures(batch, work / "undisturbed"))
    when = kill_times(options.count - options.broken, options.kills, random.Random(options.seed))
    ended = disturbed(batch, work / "killed", when, findings)
    findings.check("the last run ends well", unexpected(batch, ended))
    findings.check(f"{options.broken} failures are named, with reasons", wrong_failures(batch, work / "killed"))
    show_failures(batch, work / "killed")
    findings.check("the outputs equal those of the undisturbed run", differences(work / "undisturbed", work / "killed"))
    if options.retune:
        retune(batch, work / "undisturbed", first, options.within, findings)
    return findings.wrong


def main() -> int:
    """Say what holds; return the exit code."""
    options = arguments()
    with workplace(options.work) as work:
        return 1 if prove(work, options) else 0


if __name__ == "__main__":
    sys.exit(main())
