"""What the voice step finds and loses on corpora composed of people whom one knows, with wrong voices planted in them.

    python scripts/precision/voices.py campplus ada=one.mp4 ada=two.mp4 grace=three.mp4 alan=four.mp4 ...

prints Markdown. Each recording is of one person, who is named before it. People are divided in two halves: the stage's
figures (``types.VoiceFigures``) are measured on one, and corpora are composed of the other and judged with them, and
the other way round. A corpus has every stretch of a recording in one video at most, and each video has a channel.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import cast

import numpy as np
from measured import measured_figures
from planting import LENGTHS, Video, composed
from talkers import Talk, pieces, read_talks

from slceleb_core.corpus.voices.hearing import Embedded
from slceleb_core.corpus.voices.judging import judge
from slceleb_core.corpus.voices.pieces import LEAST, Piece, pieces_of, windows_of
from slceleb_core.corpus.voices.standing import Said
from slceleb_core.corpus.voices.unity import unity
from slceleb_core.profile import bind_stage
from slceleb_core.registry import Registry
from slceleb_core.settings import load_settings
from slceleb_core.stages import Voice
from slceleb_core.testing import builders
from slceleb_core.types import Array, AudioSpan, VoiceFigures

LIMITS = (-3.0, -2.0, -1.0, -0.5, 0.0)

SHOWN = -1.0
"""The limit of the tables by length and by kind: the profile's."""

UNITY_LIMITS = (-4.0, -3.0, -2.0, -1.0)

UNITY_SECONDS = (3.0, 4.0, 6.0)


@dataclass(frozen=True)
class Result:
    """What came of one segment of a composed corpus."""

    seconds: float
    planted: str
    value: float | None
    lost: float | None


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", help="a voice stage, as it is called")
    parser.add_argument("recordings", nargs="+", metavar="PERSON=FILE", help="a recording of one person")
    parser.add_argument("--rounds", type=int, default=20, help="corpora that are composed of each half")
    options = parser.parse_args()
    bound = bind_stage(Registry.discover(), "voice", options.stage, {}, "voice")
    talks = read_talks(options.recordings)
    with cast("Voice", bound.stage(bound.config, replace(load_settings().stage_context(), threads=1))) as voice:
        print(f"All people: {_told(measured_figures(voice, talks))}\n")
        alone: list[Result] = []
        short: list[Result] = []
        for number, (known, others) in enumerate(_halves(talks)):
            figures = measured_figures(voice, known)
            print(f"Half {number + 1}: {_told(figures)}\n")
            for seed in range(options.rounds):
                videos = list(composed(others, np.random.default_rng([seed, number])))
                told = [_heard(voice, video) for video in videos]
                alone += _judged(videos, told, figures, short=False)
                short += _judged(videos, told, figures, short=True)
        _show(alone, short)
        _show_unity(voice, talks)


def _halves(talks: Sequence[Talk]) -> Iterator[tuple[list[Talk], list[Talk]]]:
    """Yield people to measure on and people to compose of, and the other way round; who says most in turns."""
    seconds: dict[str, float] = defaultdict(float)
    for talk in talks:
        seconds[talk.person] += talk.seconds
    people = sorted(seconds, key=lambda person: -seconds[person])
    first = {person for place, person in enumerate(people) if place % 4 in (0, 3)}
    halves = [talk for talk in talks if talk.person in first], [talk for talk in talks if talk.person not in first]
    yield halves
    yield halves[1], halves[0]


def _told(figures: VoiceFigures) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in asdict(figures).items())


def _heard(voice: Voice, video: Video) -> tuple[list[Piece], Embedded]:
    sounds = {sample.said.segment.id: sample.samples for sample in video.samples}
    found = list(pieces_of(video.heard.said))
    spans = [AudioSpan(np.concatenate([sounds[said.segment.id] for said in piece.said]), 0.0) for piece in found]
    rows = voice.embed(spans)
    return found, Embedded({}, {piece.key: row for piece, row in zip(found, rows, strict=True)})


def _judged(
    videos: Sequence[Video], told: Sequence[tuple[list[Piece], Embedded]], figures: VoiceFigures, *, short: bool
) -> Iterator[Result]:
    judged = judge([(video.heard, *of) for video, of in zip(videos, told, strict=True)], figures, SHOWN, short=short)
    for video in videos:
        for sample in video.samples:
            segment = sample.said.segment
            yield Result(segment.duration, sample.planted, judged.values.get(segment.id), judged.lost)


def _show(alone: Sequence[Result], short: Sequence[Result]) -> None:
    long = [result for result in alone if result.seconds >= LEAST - 1e-6]
    expected = np.mean([result.lost for result in long if result.lost is not None])
    print(f"Estimated to be lost at {SHOWN:g}: {expected:.2%}\n")
    print("| limit | planted found | own lost |\n|---|---|---|")
    for limit in LIMITS:
        print(f"| {limit:g} | {_found_and_lost(long, limit, ' | ')} |")
    print("\n| seconds | planted found | own lost | not judged |\n|---|---|---|---|")
    for seconds in LENGTHS:
        these = [result for result in alone if abs(result.seconds - seconds) < 0.1]
        silent = np.mean([result.value is None for result in these]) if these else 0.0
        print(f"| {seconds:g} | {_found_and_lost(these, SHOWN, ' | ')} | {silent:.0%} |")
    print("\n| planted, from 2 s on | found |\n|---|---|")
    for kind in sorted({result.planted for result in long} - {""}):
        print(f"| {kind} | {_share([result for result in long if result.planted == kind], SHOWN, planted=True)} |")
    brief = [result for result in short if result.seconds < LEAST - 1e-6]
    unknown = [one for one, other in zip(short, alone, strict=True) if other.value is None and one in brief]
    print(f"\nBelow 2 s, with an enrolment, found and lost: {_found_and_lost(brief, SHOWN, ', ')}")
    print(f"Of them those that are not judged without one: {_found_and_lost(unknown, SHOWN, ', ')}\n")


def _found_and_lost(results: Sequence[Result], limit: float, between: str) -> str:
    return between.join(_share(results, limit, planted=planted) for planted in (True, False))


def _share(results: Sequence[Result], limit: float, *, planted: bool) -> str:
    """Return the share of judged segments that do not reach a limit: of those with a wrong voice, or of the others."""
    values = [result.value for result in results if bool(result.planted) == planted and result.value is not None]
    return f"{np.mean([value < limit for value in values]):.1%} of {len(values)}" if values else "none"


def _show_unity(voice: Voice, talks: Sequence[Talk]) -> None:
    """Print what parts of segments tell: of one voice, of a change in the middle, and of two voices at once."""
    random, figures = np.random.default_rng(0), voice.figures
    print("| seconds | limit | one voice, lost | a change found | two at once found |\n|---|---|---|---|---|")
    for seconds in UNITY_SECONDS:
        cut = [(talk.person, samples) for talk in talks for _, samples in pieces(talk, seconds)]
        values: dict[str, list[float]] = defaultdict(list)
        for person, samples in cut:
            others = [other for whose, other in cut if whose != person]
            other, half = others[random.integers(len(others))], len(samples) // 2
            made = {
                "one": samples,
                "change": np.concatenate([samples[:half], other[half:]]),
                "two": (samples + other) / 2,
            }
            for kind, mixed in made.items():
                values[kind].append(_unity(voice, mixed, seconds, figures))
        for limit in UNITY_LIMITS:
            shares = [f"{np.mean(np.array(values[kind]) < limit):.1%}" for kind in ("one", "change", "two")]
            print(f"| {seconds:g} ({len(cut)}) | {limit:g} | {' | '.join(shares)} |")


def _unity(voice: Voice, samples: Array, seconds: float, figures: VoiceFigures) -> float:
    said = Said(builders.segment(start=0.0, end=seconds), None, out=False, accepted=False)
    windows = [window.spans[0] for window in windows_of(said)]
    rows = voice.embed([AudioSpan(samples[round(16_000 * a) : round(16_000 * b)], 0.0) for a, b in windows])
    value = unity(list(rows), figures)
    return np.inf if value is None else value


if __name__ == "__main__":
    main()
