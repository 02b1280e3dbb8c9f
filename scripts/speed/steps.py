"""What each step of a profile's economy gains and loses, on the reels of this folder; prints Markdown.

`nox -s speed` runs it. Every step is left out of all once, and taken alone once, in the same rounds as all of them and
none; the steps are those of the profile's schema. A folder named by ``--reels`` keeps the reels, and what is already in
it is used again. Figures are ratios within a round.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from plans import PLANS
from reel import HEIGHTS, MEDIA, make

from slceleb_core.benchmarking.bench import Order, measure
from slceleb_core.benchmarking.candidates import Candidate
from slceleb_core.benchmarking.figures import Figures, figures
from slceleb_core.benchmarking.findings import difference
from slceleb_core.decision.attention import THOROUGH
from slceleb_core.profile import Profile, load_profile
from slceleb_core.profiles import DEFAULT_PROFILE

BEGIN, END = "<!-- steps begin -->", "<!-- steps end -->"
"""Marks in docs/speed.md."""

ALL, NONE = "all steps", "no step"


@dataclass(frozen=True, slots=True)
class Step:
    """An option by which something is left out.

    Attributes
    ----------
    name
        Of the option.
    taken, left
        Its value where the step is taken, and where it is not.
    """

    name: str
    taken: Any
    left: Any

    def override(self, *, taken: bool) -> str:
        """Return what sets it."""
        value = yaml.safe_dump(self.taken if taken else self.left, default_flow_style=True).splitlines()[0]
        return f"economy.{self.name}={value}"


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reels", type=Path, metavar="FOLDER", help="keeps the reels; default: a temporary folder")
    parser.add_argument("--kind", choices=list(PLANS), default="mixed")
    parser.add_argument("--height", type=int, choices=HEIGHTS, default=720)
    parser.add_argument("--media", type=Path, default=MEDIA, help="folder of the shared clips")
    parser.add_argument("--profile", default=DEFAULT_PROFILE, help="whose steps")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="measure on so much of the reel")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also put the table into this page")
    return parser.parse_args()


def steps_of(profile: Profile) -> list[Step]:
    """Return the steps that a profile takes, in the order of the schema."""
    economy = profile.economy
    pairs = {name: (getattr(economy, name), getattr(THOROUGH, name)) for name in type(economy).model_fields}
    return [Step(name, taken, left) for name, (taken, left) in pairs.items() if taken != left]


def compared(profile: str, steps: Sequence[Step]) -> Iterator[Candidate]:
    """Yield what is measured: no step, all of them, and each left out and alone."""
    yield _candidate(NONE, profile, steps, ())
    yield _candidate(ALL, profile, steps, steps)
    for step in steps:
        yield _candidate(f"without {step.name}", profile, steps, [other for other in steps if other != step])
        yield _candidate(f"only {step.name}", profile, steps, [step])


def _candidate(name: str, profile: str, steps: Sequence[Step], taken: Sequence[Step]) -> Candidate:
    return Candidate(name, profile, tuple(step.override(taken=step in taken) for step in steps))


def table(steps: Sequence[Step], rows: Mapping[str, Figures]) -> str:
    """Return the table of the steps as Markdown."""
    none, every = rows[NONE], rows[ALL]
    lines = [
        "| step | alone: frames/s x | alone: CPU x | alone: loses | the others without it: frames/s x | CPU x | lose |",
        "|---|---|---|---|---|---|---|",
        f"| **all** | {_gain(every)} | {_loss(every, none)} | | | |",
    ]
    for step in steps:
        alone, without = rows[f"only {step.name}"], rows[f"without {step.name}"]
        cells = (_gain(alone), _loss(alone, none), _gain(without), _loss(without, none))
        lines.append(f"| `{step.override(taken=True)}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _gain(row: Figures) -> str:
    return " | ".join("n/a" if ratio is None else f"{ratio.median:.2f}" for ratio in (row.speed, row.thrift))


def _loss(row: Figures, none: Figures) -> str:
    """Return in what a row differs from no step at all."""
    differing = difference(none.findings, row.findings)
    people = set(none.findings.persons()) ^ set(row.findings.persons())
    told = [f"{differing.apart:.1f} s of {sum(none.findings.persons().values()):.0f} s apart"]
    told += [f"{len(differing.lost) + len(differing.gained)} segments elsewhere"] if differing else []
    told += [f"people: {', '.join(sorted(people))}"] if people else []
    return "; ".join(told) if differing.apart else "nothing"


def put(text: str, page: Path) -> None:
    """Replace what stands between the two marks of a Markdown page."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Make the reel, measure, and print."""
    options = arguments()
    profile = load_profile(options.profile)
    steps = steps_of(profile)
    if not steps:
        raise SystemExit(f"{options.profile} takes no step: nothing to measure")
    with tempfile.TemporaryDirectory() as folder:
        place = options.reels or Path(folder)
        video = place / f"{options.kind}-{options.height}.mp4"
        if not video.exists():
            make(place, options.media, [options.kind], [options.height])
        order = Order(
            [video],
            list(compared(options.profile, steps)),
            place / f"gallery-{options.kind}",
            options.repeat,
            options.seconds,
        )
        measured = measure(order, lambda line: print(line, file=sys.stderr, flush=True))
    made = {row.candidate: row for row in figures(measured)}
    lacking = [candidate.name for candidate in order.candidates if candidate.name not in made]
    if lacking:
        raise SystemExit(f"not measured: {', '.join(lacking)}: {measured.starts[0].measurement.error}")
    text = f"{heading(options)}\n\n{table(steps, made)}"
    print(text)
    if options.write:
        put(text, options.write)
    return 0


def heading(options: argparse.Namespace) -> str:
    """Return what was measured, in a sentence."""
    part = "all" if options.seconds is None else f"the first {options.seconds:g} s"
    return (
        f"Profile `{options.profile}` on the reel `{options.kind}` at {options.height} lines ({part} of it), "
        f"{options.repeat} round{'s' if options.repeat > 1 else ''}; against the same with no step taken."
    )


if __name__ == "__main__":
    sys.exit(main())
