"""How well a lag between lips and sound is measured, and what a correction is worth, on clips with sound put off.

Prints the tables of ``docs/resync.md``; about ten minutes::

    python scripts/resync/measure.py [--media ../shared/media] [--write docs/resync.md]

Pictures are looked at once. The sound is moved, drawn out, cut in two or replaced by another clip's in memory; what a
run finds before and after is measured on files that ``slceleb_core.resyncing`` has written.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from seen import Clip, drifting, instead, jumping, later, look, measured, part_of

from slceleb_core.decision.lag_findings import Finding
from slceleb_core.pipeline import Pipeline
from slceleb_core.resyncing import correct
from slceleb_core.types import AudioSpan

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"

SINGLE = ("web_a", "web_b", "web_c", "web_d", "web_late", "talker_a", "talker_b")
"""Clips in which one person speaks; those of the GRID corpus are taken as the shots of one video."""

OTHERS = ("two_interview", "two_a", "two_b", "obama_biden", "hamilton")

SHIFTS = (0, 40, 80, 120, 200, 300, 400, 600, 800, 1000)
ODD = (47, 113, 271, 389)
"""Milliseconds, either way; the others are no multiples of the 20 ms in which lags are looked at."""

LENGTHS = (5.0, 10.0, 20.0, 60.0)
OFFSETS = (0.0, 2.5, 5.0)
"""Seconds of pictures in a dub, and by how much its sound is moved."""

DRIFTS = (500, 1000, 2000, 5000)
JUMPS = (0.04, 0.1, 0.2, 0.4)
RUNS = ("web_b", "web_late", "two_interview")
RUN_SHIFTS = (-600, 300, 1000)

RUN_HEADING = "seconds of speech that a run finds"

BEGIN, END = "<!-- measure.py begins -->", "<!-- measure.py ends -->"

Shown = Sequence[tuple[Clip, AudioSpan]]


def table(*rows: Sequence[object]) -> str:
    """Return rows, the first of which is the head, in Markdown."""
    head, *others = [[str(cell) for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *others]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def told(finding: Finding) -> str:
    """Return a finding for a table."""
    if finding.lag is None:
        return {"unknown": "not enough", "dub": "no lag fits"}.get(finding.kind, finding.kind)
    lag = finding.lag
    return f"{1000 * lag.value:+.0f} ({1000 * lag.low:+.0f} to {1000 * lag.high:+.0f})"


def as_they_are(pipeline: Pipeline, videos: dict[str, list[Clip]]) -> Iterator[str]:
    """Yield the table of clips with their own sound."""
    rows: list[Sequence[object]] = [("clip", "seconds that tell", "log ratio", "lag, ms", "corrected")]
    for name, clips in videos.items():
        found = measured(pipeline, [(clip, clip.sound) for clip in clips])
        moved = "no" if found.correction() is None else "yes"
        rows.append((name, f"{found.seconds:.1f}", f"{found.evidence:.1f}", told(found), moved))
    yield table(*rows)


def shifted(pipeline: Pipeline, videos: dict[str, list[Clip]]) -> Iterator[str]:
    """Yield the tables of sounds that were moved, of the clips that tell their lag: by shift."""
    errors: dict[int, list[float]] = defaultdict(list)
    kinds: dict[int, Counter[str]] = defaultdict(Counter)
    wrong: dict[int, int] = defaultdict(int)
    for clips in videos.values():
        own = measured(pipeline, [(clip, clip.sound) for clip in clips])
        if own.lag is None:
            continue
        for shift in sorted({sign * shift for shift in (*SHIFTS, *ODD) for sign in (-1, 1)}):
            found = measured(pipeline, [(clip, later(clip.sound, shift / 1000)) for clip in clips])
            kinds[abs(shift)][found.kind] += 1
            if found.lag is not None:
                error = 1000 * (found.lag.value - own.lag.value) - shift
                errors[abs(shift)].append(abs(error))
                wrong[abs(shift)] += abs(error) > 40
    rows: list[Sequence[object]] = [
        ("shift, ms", "measured", "not enough", "other", "median error, ms", "largest error, ms", "wrong by 40 ms")
    ]
    for shift, counts in sorted(kinds.items()):
        other = counts.total() - counts["constant"] - counts["unknown"]
        error = errors[shift]
        middle, largest = (f"{value:.1f}" for value in (np.median(error), max(error))) if error else ("", "")
        rows.append((f"±{shift}", counts["constant"], counts["unknown"], other, middle, largest, wrong[shift]))
    yield table(*rows)
    near = [error for shift, found in errors.items() if shift <= 400 for error in found]
    yield f"Median error within ±400 ms: {np.median(near):.1f} ms over {len(near)} measurements.\n"


def dubs(pipeline: Pipeline, talkers: dict[str, list[Clip]]) -> Iterator[str]:
    """Yield the table of pictures with the sound of somebody else."""
    rows: list[Sequence[object]] = [("pictures, s", "dubs", "no lag fits", "not enough", "a lag was believed")]
    for length in LENGTHS:
        counts: Counter[str] = Counter()
        for (name, clips), (other, sounds) in itertools.permutations(talkers.items(), 2):
            if {name, other} == SAME or sum(clip.seconds for clip in clips) < 0.9 * length:
                continue
            shown = cut(clips, length)
            for offset in OFFSETS:
                pairs = zip(shown, itertools.cycle(sounds), strict=False)
                finding = measured(pipeline, [(clip, rolled(instead(clip, sound), offset)) for clip, sound in pairs])
                counts["lag" if finding.kind not in ("dub", "unknown") else finding.kind] += 1
        rows.append((f"{length:.0f}", counts.total(), counts["dub"], counts["unknown"], counts["lag"]))
    yield table(*rows)


SAME = {"web_a", "talker_b"}
"""Two clips of one recording."""


def cut(clips: Sequence[Clip], length: float) -> list[Clip]:
    """Return the first so many seconds of a video's clips."""
    kept: list[Clip] = []
    for clip in clips:
        left = length - sum(other.seconds for other in kept)
        if left > 1.0:
            kept.append(clip if clip.seconds <= left else part_of(clip, 0.0, left))
    return kept


def rolled(sound: AudioSpan, seconds: float) -> AudioSpan:
    """Return a sound that begins so much later in itself, and ends with what is left out."""
    return AudioSpan(np.roll(sound.samples, -round(16_000 * seconds)), sound.start)


def changing(pipeline: Pipeline, clip: Clip) -> Iterator[str]:
    """Yield the table of lags that change within a clip."""
    rows: list[Sequence[object]] = [("what was done", "found")]
    for ppm in (sign * ppm for ppm in DRIFTS for sign in (-1, 1)):
        found = measured(pipeline, [(clip, drifting(clip.sound, ppm))])
        drift = found.drift
        what = (
            told(found) if drift is None else f"drift of {drift.value:+.0f} ({drift.low:+.0f} to {drift.high:+.0f}) ppm"
        )
        rows.append((f"a drift of {ppm:+d} ppm, {1000 * ppm / 1e6 * clip.seconds:+.0f} ms in all", what))
    for jump in (sign * jump for jump in JUMPS for sign in (-1, 1)):
        found = measured(pipeline, [(clip, jumping(clip.sound, clip.seconds / 2, jump))])
        what = told(found)
        if found.jump is not None:
            by = 1000 * (found.jump.behind.value - found.jump.before.value)
            what = f"jump of {by:+.0f} ms at {found.jump.time:.0f} s"
        rows.append((f"a jump of {1000 * jump:+.0f} ms in the middle", what))
    yield table(*rows)


def speaking(pipeline: Pipeline, video: Path) -> float:
    """Return the seconds of speech that a run finds, whoever's it is."""
    return sum(segment.end - segment.start for segment in pipeline.run(video))


def runs(profile: str, paths: dict[str, Path], folder: Path) -> Iterator[str]:
    """Yield the table of what runs find before and after a correction."""
    rows: list[Sequence[object]] = [
        ("clip", "put off by, ms", "as it was", "put off", "`audio.resync: measured`", "after `slceleb resync`")
    ]
    with Pipeline.from_profile(profile) as plain, Pipeline.from_profile(profile, ["audio.resync=measured"]) as moving:
        for name in RUNS:
            own = speaking(plain, paths[name])
            for shift in RUN_SHIFTS:
                off, mended = (folder / f"{name}{shift:+d}{kind}.mkv" for kind in ("", ".resync"))
                correct(paths[name], off, -shift / 1000, None)
                lag, after = plain.lag(off).finding.correction(), "not enough"
                if lag is not None:
                    correct(off, mended, lag, None)
                    after = f"{speaking(plain, mended):.1f}"
                found = (own, speaking(plain, off), speaking(moving, off))
                rows.append((name, f"{shift:+d}", *(f"{seconds:.1f}" for seconds in found), after))
    yield table(*rows)


def clips_of(options: argparse.Namespace) -> dict[str, Path]:
    """Return the shared clips by name."""
    return {path.stem: path for folder in ("clips", "web") for path in sorted((options.media / folder).glob("*.*"))}


def in_memory(options: argparse.Namespace) -> Iterator[str]:
    """Yield the tables of sounds that are changed in memory, with their headings."""
    paths = clips_of(options)
    with Pipeline.from_profile(options.profile) as pipeline:
        clips = {name: look(pipeline, path) for name, path in paths.items()}
        talkers = {name: [clips[name]] for name in SINGLE}
        talkers["six of GRID"] = [clip for name, clip in clips.items() if name.startswith("grid_")]
        thirds = [part_of(clips["web_c"], begin, 20) for begin in (0, 20, 40)]
        everything = {**talkers, **{name: [clips[name]] for name in OTHERS}, **{part.name: [part] for part in thirds}}
        sections = {
            "as they are": lambda: as_they_are(pipeline, everything),
            "moved": lambda: shifted(pipeline, everything),
            "another's voice": lambda: dubs(pipeline, talkers),
            "drift and jumps": lambda: changing(pipeline, clips["web_c"]),
        }
        for heading, made in sections.items():
            if options.only in ("", heading):
                yield f"#### {heading.capitalize()}\n"
                yield from made()


def parts(options: argparse.Namespace) -> Iterator[str]:
    """Yield the tables with their headings."""
    if options.only != RUN_HEADING:
        yield from in_memory(options)
    if options.only in ("", RUN_HEADING):
        yield f"#### {RUN_HEADING.capitalize()}\n"
        with tempfile.TemporaryDirectory() as folder:
            yield from runs(options.profile, clips_of(options), Path(folder))


def put(text: str, page: Path) -> None:
    """Put the tables into a page, between the marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    behind = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{behind}", encoding="utf-8")


def main() -> None:
    """Measure, print the tables, and put them where they are wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--media", type=Path, default=MEDIA, help="folder of the shared clips")
    parser.add_argument("--profile", default="default", help="whose stages measure")
    parser.add_argument("--only", default="", metavar="HEADING", help="only the table of this heading")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also put the tables into this page")
    options = parser.parse_args()
    found: list[str] = []
    for text in parts(options):
        found.append(text)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    if options.write is not None:
        put("\n".join(found), options.write)


if __name__ == "__main__":
    main()
