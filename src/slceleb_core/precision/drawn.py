"""Labels of draws: of which segments a random draw was answered, and for how many others each answer stands.

A draw is shown in a random order. What was answered of it from the beginning, without a gap, is a random sample of what
it was drawn from, whoever stopped when; what was answered behind a gap was chosen, and only teaches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from slceleb_core.precision.draws import Draw, Item
from slceleb_core.precision.evidence import Label, counts
from slceleb_core.precision.population import Population
from slceleb_core.review.state import same_stretch


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered of a draw.

    Attributes
    ----------
    draw
        Which one.
    labels
        Of its items from the first one, without a gap.
    stale
        Whether one of those was judged anew since it was drawn: then the draw is of other segments, and proves nothing.
    """

    draw: Draw
    labels: tuple[Label, ...]
    stale: bool = False


def answered(draw: Draw, answers: Mapping[str, Label], population: Population) -> Answered:
    """Return what was answered of a draw.

    Parameters
    ----------
    draw
        Of segments; what was left out and drawn with them counts for nothing here.
    answers
        By segment id.
    population
        The segments as they stand now.
    """
    rows = population.rows()
    items = [item for item in draw.items if item.kind == "segment"]
    first: list[Label] = []
    asked = 0  # how many until the last one that was answered as it was drawn, and not for another reason before
    for item in items:
        if item.id in rows and not _same(item, population, rows[item.id]):
            return Answered(draw, (), stale=True)
        if item.id not in answers or item.id not in rows:
            break
        first.append(answers[item.id])
        asked = len(first) if _later(answers[item.id].when, draw.moment) else asked
    del first[asked:]
    share = len(first) / max(len(items), 1)
    weighed = (replace(label, weight=item.weight / share) for label, item in zip(first, items, strict=False))
    return Answered(draw, tuple(replace(label, proves=True) for label in weighed))


def renumbered(items: Iterable[Item], population: Population) -> dict[str, str]:
    """Return under which id stretches that were drawn stand now, by the id that they were drawn under.

    A video that was decided anew has other numbers. What does not stand there any more has no id.
    """
    rows = population.rows()
    by_speaker: dict[tuple[str, str], list[int]] = {}
    for row, speaker in enumerate(zip(population.recordings, population.persons, strict=True)):
        by_speaker.setdefault(speaker, []).append(row)
    found: dict[str, str] = {}
    for item in items:
        own = [rows[item.id]] if item.id in rows else []
        others = by_speaker.get((item.recording, item.person), [])
        same = next((row for row in (*own, *others) if _same(item, population, row)), None)
        if same is not None:
            found[item.id] = population.ids[same]
    return found


def unspent(answer: Answered, spent: Collection[str]) -> Answered:
    """Return what was answered of a draw without what has taught a stage and is right.

    What is wrong still counts. Doubtful segments are what teaches, and if they were left out altogether, those that
    remain would look better than the whole; as it is, they can only look worse.
    """
    return replace(answer, labels=tuple(label for label in answer.labels if counts(label, spent)))


def together(answers: Sequence[Answered]) -> list[Label]:
    """Return the labels of several draws as one sample, each draw counting by how much of it was answered.

    A segment of several draws is one label that stands for what each of its draws says.
    """
    whole = sum(len(answer.labels) for answer in answers)
    found: dict[str, Label] = {}
    for answer in answers:
        part = len(answer.labels) / whole if whole else 0.0
        for label in answer.labels:
            weight = part * label.weight
            before = found.get(label.segment)
            found[label.segment] = replace(label, weight=weight + (before.weight if before else 0.0))
    return list(found.values())


def outside(answers: Sequence[Answered], labels: Iterable[Label], population: Population) -> list[Label]:
    """Return the labels of what had been taken out before it could be drawn: each stands for itself, and they are all.

    Reviews have taken them out, and a run with another profile finds them again; without them the rest would look
    better than the whole.
    """
    rows, counts = population.rows(), Counter(population.recordings)
    drawn = {label.segment for answer in answers for label in answer.labels}
    lacking = {name for answer in answers for name, count in counts.items() if not _held(answer.draw, name, count)}
    out = (label for label in labels if not population.present[rows[label.segment]] and label.recording in lacking)
    return [replace(label, weight=1.0, proves=True) for label in out if label.segment not in drawn]


def _held(draw: Draw, recording: str, count: int) -> bool:
    """Tell whether a draw was made of all segments that are known of a video."""
    part = draw.population.recordings.get(recording)
    return part is not None and part.count >= count


def _later(when: str, moment: str) -> bool:
    """Tell whether something was said when a draw had been made; what says no time was not."""
    try:
        said, drawn = (datetime.fromisoformat(time.replace("Z", "+00:00")) for time in (when, moment))
        later = said >= drawn
    except (TypeError, ValueError):  # no time, or one with a zone and one without
        return False
    return later


def _same(item: Item, population: Population, row: int) -> bool:
    stands = (population.persons[row], float(population.starts[row]), float(population.ends[row]))
    return same_stretch((item.person, item.start, item.end), stands)
