"""How exactly recordings of one event are brought together by their sound, and whether others ever are.

    python scripts/groups/sync.py [--media ../shared/media] [--repetitions 2] [--write docs/groups.md]

Four tables: recordings that are simulated out of the shared clips, with two rooms, noise and two clocks; groups of
cameras that are filmed of the shared clips, files and all; pairs that have nothing in common, or nothing that tells;
and what an hour costs. Fails where an offset is off by more than 5 ms, a drift by more than 10 ppm, or a false group is
made.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly
from unrelated import CLAIMS, Claim

from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.media.synchrony import Alignment, Placement, Recording, Refusal, synchronise
from slceleb_core.media.synchrony.hearing import Heard
from slceleb_core.media.synchrony.pairs import compare_heard
from slceleb_core.testing.cameras import Camera, Filmed, film_all
from slceleb_core.testing.microphones import Microphone, Tape, noisy, on_clock
from slceleb_core.types import SAMPLE_RATE, Array

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
BEGIN, END = "<!-- sync.py begins -->", "<!-- sync.py ends -->"
"""What marks the place of the tables in a page."""

MOST_OFF, MOST_DRIFT = 5.0, 10.0
"""Milliseconds and ppm that may be off."""

LENGTHS = (30, 60, 120, 300, 600)
NOISES = (10.0, 5.0, 0.0)
DRIFTS = (40.0, -80.0)
LATE = 7.3
"""Seconds by which the second recording begins later."""

SPEEDS = tuple(sorted(range(75, 136, 3), key=lambda percent: abs(percent - 100)))
"""Per cent of their speed at which the clips are played, round after round, so that no sound comes twice: one hour."""

CLIPS = ("web/web_a.mp4", "web/web_b.mp4", "web/web_c.mp4", "web/web_d.mp4", "web/two_interview.mp4", "web/two_a.avi")
HOUR = 3600
HOUR_DRIFT = 50e-6
BLOCK = 60
"""Seconds that are written at a time."""


def clips_of(media: Path) -> dict[str, Array]:
    """Return the sound of every shared clip, float32 [n], by its name."""
    found = {}
    for path in sorted([*(media / "web").iterdir(), *(media / "clips").iterdir()]):
        with AudioTrack.decode(path) as track:
            found[path.stem] = track.span(track.start, track.end).samples
    return found


def reel(clips: dict[str, Array], seconds: float) -> Array:
    """Return so much sound, the clips one after another, each round at another speed."""
    parts, count, wanted = [], 0, round(seconds * SAMPLE_RATE)
    for speed in SPEEDS:
        for samples in clips.values():
            parts.append(resample_poly(samples, 100, speed).astype(np.float32))
            count += len(parts[-1])
        if count >= wanted:
            return np.concatenate(parts)[:wanted]
    raise ValueError(f"the clips do not last for {seconds} s")


@dataclass(frozen=True)
class Trial:
    """What came of two recordings whose clocks are known.

    Attributes
    ----------
    off
        Milliseconds by which the offset is off, in the middle of what they share; NaN where they were not brought
        together.
    edge
        The same at the end of it where that is worse.
    drift
        ppm by which the drift is off; NaN where it was not told.
    """

    off: float
    edge: float
    drift: float


def judged(found: Alignment | Refusal, truth: Clock) -> Trial:
    """Return how far an alignment is from the truth."""
    if isinstance(found, Refusal):
        return Trial(np.nan, np.nan, np.nan)
    ends = [1000.0 * abs(found.clock.other(moment) - truth.other(moment)) for moment in found.overlap]
    middle = 1000.0 * abs(found.clock.other(found.middle) - truth.other(found.middle))
    drift = abs(found.clock.drift - truth.drift) * 1e6 if found.drift_known else np.nan
    return Trial(middle, max(ends), drift)


def simulated(sound: Array, snr: float, drift: float, seed: int) -> Trial:
    """Record a sound twice, in two rooms, with noise at so many dB in both, and compare."""
    random = np.random.default_rng(seed)
    near = Microphone(reverberation=0.3, direct=6.0, snr=snr).hear(sound, random)
    clock = Clock(LATE, drift * 1e-6)
    count = round((len(sound) / SAMPLE_RATE - LATE) / (1.0 + clock.drift) * SAMPLE_RATE)
    far = Microphone(reverberation=0.5, direct=0.0, snr=snr).hear(on_clock(sound, clock, count), random)
    return judged(compare_heard(Heard.of(Tape(near)), Heard.of(Tape(far))), clock)


def simulations(
    clips: dict[str, Array], lengths: Sequence[int], repetitions: int
) -> dict[tuple[int, float], list[Trial]]:
    """Return trials by length and noise."""
    whole = reel(clips, max(lengths) + 60.0 * repetitions)
    trials: dict[tuple[int, float], list[Trial]] = {}
    for length, snr, drift, number in itertools.product(lengths, NOISES, DRIFTS, range(repetitions)):
        begin = round(47.0 * number * SAMPLE_RATE)
        part = whole[begin : begin + length * SAMPLE_RATE]
        trials.setdefault((length, snr), []).append(simulated(part, snr, drift, 100 * number + length))
    return trials


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def told_simulations(trials: dict[tuple[int, float], list[Trial]]) -> str:
    """Return the first table."""
    rows = []
    for (length, snr), each in trials.items():
        off, edge = np.array([trial.off for trial in each]), np.array([trial.edge for trial in each])
        drift = np.array([trial.drift for trial in each])
        told = drift[~np.isnan(drift)]
        rows.append(
            [
                length,
                f"{snr:.0f}",
                f"{(~np.isnan(off)).sum()} of {len(each)}",
                f"{np.nanmedian(off):.2f} / {np.nanmax(off):.2f}",
                f"{np.nanmax(edge):.2f}",
                f"{len(told)} of {len(each)}",
                f"{np.median(told):.1f} / {told.max():.1f}" if len(told) else "-",
            ]
        )
    heads = [
        "s",
        "SNR dB",
        "placed",
        "off by ms, median / most",
        "at an end, most",
        "drift told",
        "off by ppm, median / most",
    ]
    return table(heads, rows)


def crew(number: int) -> list[Camera]:
    """Return three cameras that differ in all that cameras differ in."""
    room = Microphone(reverberation=0.4, direct=0.0, snr=5.0, gain=0.5)
    phone = Microphone(reverberation=0.2, direct=6.0, snr=10.0, lowpass=3400.0, clipped=0.3)
    late = 0.3 + 0.2 * (number % 4)
    return [
        Camera(f"near{number}", height=180, microphone=Microphone(snr=20.0), seed=number),
        Camera(
            f"far{number}", crop=(0.1, 0.0, 0.9, 0.8), height=240, rate=29.97, starts=late, drift=60.0, begin=2.5,
            microphone=room, container=(".mkv", ".mov", ".ts", ".webm")[number % 4], seed=number + 50,
        ),
        Camera(
            f"phone{number}", height=120, rate=23.976, starts=late / 2, drift=-45.0, microphone=phone, bit_rate=24_000,
            covered=((0.0, 1e9),), seed=number + 90,
        ),
    ]  # fmt: skip


def groups(media: Path, folder: Path) -> Iterator[list[object]]:
    """Yield the rows of the second table: groups of three cameras and a stranger, out of the shared clips."""
    for number, name in enumerate(CLIPS):
        stranger = media / CLIPS[(number + 1) % len(CLIPS)]
        filmed = film_all(media / name, crew(number), folder)
        recordings = [Recording(each.path) for each in filmed] + [Recording(stranger, camera="stranger")]
        found = synchronise(recordings, filmed[0].camera.name)
        placed = {placement.camera: placement for placement in found.placements}
        offs = [off(filmed[0], each, placed) for each in filmed[1:]]
        yield [Path(name).name, *(f"{each:.2f}" for each in offs), "placed" if "stranger" in placed else "refused"]


def off(first: Filmed, other: Filmed, placed: dict[str, Placement]) -> float:
    """Return by how many ms a camera is off where it is worst; NaN where it has no place."""
    placement = placed.get(other.camera.name)
    if placement is None:
        return float("nan")
    own = other.pieces[0].own
    truth = first.told(other)
    return max(1000.0 * abs(placement.clock.other(moment) - truth.other(moment)) for moment in (own.start, own.end))


def strangers(clips: dict[str, Array]) -> dict[str, tuple[int, list[str]]]:
    """Return, for each kind of pair that is not one event, how many there are and which were taken for one."""
    found: dict[str, tuple[int, list[str]]] = {}
    for kind, claims in CLAIMS.items():
        made: list[Claim] = list(claims(clips))
        wrong = [
            f"{claim.name}: {verdict.clock}"
            for claim in made
            if isinstance(
                verdict := compare_heard(Heard.of(Tape(claim.first)), Heard.of(Tape(claim.second))), Alignment
            )
        ]
        found[kind] = len(made), wrong
    return found


def hour(clips: dict[str, Array]) -> list[list[object]]:
    """Return the rows of the last table: what comparing two files costs, by length."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds in (HOUR // 6, HOUR):
            paths = written(clips, seconds, Path(folder))
            words = [sys.executable, "-c", MEASURED, *map(str, (*paths, LATE, HOUR_DRIFT))]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            took, off, peak = json.loads(done.stdout)
            rows.append([seconds, f"{took:.0f}", f"{off:.2f}", f"{peak / 1024:.0f}"])
    return rows


MEASURED = """
import json, sys, time
from pathlib import Path
from slceleb_core.media.synchrony import Recording, compare
began = time.perf_counter()
found = compare(*(Recording(Path(path)) for path in sys.argv[1:3]))
took = time.perf_counter() - began
off = 1000.0 * abs(found.clock.other(found.middle) - float(sys.argv[3]) - (1.0 + float(sys.argv[4])) * found.middle)
peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(json.dumps([took, off, int(peak)]))
"""
"""Compares two files in a process of its own: seconds, ms off in the middle, peak memory in KB."""


def written(clips: dict[str, Array], seconds: int, folder: Path) -> list[Path]:
    """Write so much sound as two recorders take it, 7.3 s and 50 ppm apart, and return their files."""
    sound = reel(clips, seconds)
    paths = []
    for number, clock in enumerate((SAME, Clock(LATE, HOUR_DRIFT))):
        path = folder / f"{seconds}-{number}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            for begin in range(0, int(clock.own(seconds)), BLOCK):
                file.writeframes(block_of(sound, clock, begin, np.random.default_rng([number, begin])))
        paths.append(path)
    return paths


def block_of(sound: Array, clock: Clock, begin: int, random: np.random.Generator) -> bytes:
    """Return 16-bit samples of a minute that a recorder takes of a sound, with noise at 10 dB."""
    first = max(round((clock.other(begin) - 1.0) * SAMPLE_RATE), 0)
    part = sound[first : round((clock.other(begin + BLOCK) + 1.0) * SAMPLE_RATE)]
    own = Clock(clock.other(begin) - first / SAMPLE_RATE, clock.drift)
    count = min(BLOCK, int(own.own(len(part) / SAMPLE_RATE))) * SAMPLE_RATE
    heard = noisy(on_clock(part, own, count), 10.0, random)
    return (np.clip(heard, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def put(text: str, page: Path) -> None:
    """Put the tables into a page."""
    whole = page.read_text(encoding="utf-8")
    before, rest = whole.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    page.write_text(f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}", encoding="utf-8")


def told_strangers(found: dict[str, tuple[int, list[str]]]) -> str:
    """Return the third table."""
    return table(
        ["pairs", "how many", "taken for one event"], [[kind, n, len(wrong)] for kind, (n, wrong) in found.items()]
    )


def failures(
    trials: dict[tuple[int, float], list[Trial]],
    rows: Sequence[Sequence[object]],
    found: dict[str, tuple[int, list[str]]],
) -> list[str]:
    """Return what is not as it should be, a line each."""
    lines = []
    for (length, snr), each in trials.items():
        for trial in each:
            if not trial.off <= MOST_OFF:
                lines.append(f"{length} s at {snr:g} dB: off by {trial.off:.2f} ms")
            if trial.drift > MOST_DRIFT:
                lines.append(f"{length} s at {snr:g} dB: drift off by {trial.drift:.1f} ppm")
    for name, *offs, stranger in rows:
        if not all(float(str(each)) <= MOST_OFF for each in offs) or stranger != "refused":
            lines.append(f"the group of {name}: {offs}, the stranger {stranger}")
    return lines + [f"{kind}: {each}" for kind, (_, wrong) in found.items() for each in wrong]


def main() -> int:
    """Print the tables, put them into a page where asked to, and say what is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--media", type=Path, default=MEDIA, help="folder of the shared clips")
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS, metavar="SECONDS")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also put the tables into this page")
    options = parser.parse_args()
    clips = clips_of(options.media)
    parts = []

    def tell(title: str, made: str) -> None:
        parts.append(f"{title}:\n\n{made}")
        print(parts[-1] + "\n", flush=True)

    trials = simulations(clips, options.lengths, options.repetitions)
    tell("Simulated, by length and noise", told_simulations(trials))
    with tempfile.TemporaryDirectory() as folder:
        rows = list(groups(options.media, Path(folder)))
    tell("Filmed, the worst moment of each camera in ms", table(["clip", "far camera", "phone", "a stranger"], rows))
    found = strangers(clips)
    tell("Not one event", told_strangers(found))
    costs = table(["s", "seconds it takes", "off by ms, most", "peak MB"], hour(clips))
    tell("Two recordings compared, in one process", costs)
    if options.write is not None:
        put("\n\n".join(parts), options.write)
    lines = failures(trials, rows, found)
    print("\n".join(lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
