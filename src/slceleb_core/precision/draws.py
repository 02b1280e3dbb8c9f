"""Stretches drawn for somebody to judge, as they are kept in the folder: ``OUTPUT_DIR/draws/<name>.json``.

What was drawn, of what, and with which probability is written down before anybody has seen it. So an answer can be
weighed later, and nobody can choose afterwards what counts. Items are kept in the order in which they are shown. It is
random, so those that were answered first, without a gap, are a random sample of the draw.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from slceleb_core.corpus.audit_removal import DRAWS
from slceleb_core.corpus.audits import Population
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.syncing import make_folder
from slceleb_core.errors import UsageError
from slceleb_core.results import Segment
from slceleb_core.review.state import same_stretch

FOLDER = DRAWS
"""In an output folder."""

FORMAT = 1
"""Raised when a reader would have to change."""

Purpose: TypeAlias = Literal["audit", "prove", "teach"]
"""How good the corpus is; whether a target is met; what would teach most, which proves nothing."""

Kind: TypeAlias = Literal["segment", "rejected"]
"""In the corpus; left out by a gate."""

DRAW_AGAIN = "restore it, or delete it with its answers (draws/answers), and draw anew"


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch that was drawn.

    Attributes
    ----------
    id
        The segment's; of what was left out one that no segment has.
    recording
        The video that it is of.
    person
        Whom it is taken for, or nearest to.
    start, end
        PTS seconds.
    probability
        With which it was drawn; of what was left out, with which each second of it was.
    stratum
        What it was drawn among, in words.
    kind
        Whether it is in the corpus.
    """

    id: str
    recording: str
    person: str
    start: float
    end: float
    probability: float
    stratum: str
    kind: Kind = "segment"

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start

    def stands_as(self, segment: Segment) -> bool:
        """Tell whether a segment is the stretch that was drawn."""
        stands = (segment.person, segment.start, segment.end)
        return same_stretch((self.person, self.start, self.end), stands)

    @property
    def weight(self) -> float:
        """For how many segments it stands, or for how many seconds of what was left out."""
        return 1.0 / self.probability


@dataclass(frozen=True, slots=True)
class Aim:
    """What a draw is to prove: of what passes some limits, and was not looked at before, so much is right.

    Attributes
    ----------
    target, confidence
        The precision, and how sure a promise of it is to be.
    attempt
        Counted from 0: each has a share of the error probability.
    limits
        By measure; only what passes them was drawn from.
    """

    target: float
    confidence: float
    attempt: int
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draw:
    """Stretches drawn for somebody to judge.

    Attributes
    ----------
    name
        What its file is called.
    purpose
        What it is for.
    moment
        When it was drawn, ISO 8601.
    seed
        Of its random numbers: the same corpus and the same seed give the same draw.
    population
        What it was drawn from.
    items
        In the order in which they are shown.
    aim
        What it is to prove, where it was drawn of a part of the population; None: of all of it.
    """

    name: str
    purpose: Purpose
    moment: str
    seed: int
    population: Population
    items: tuple[Item, ...]
    aim: Aim | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {"format": FORMAT, **asdict(self), "population": self.population.to_json()}

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> Draw:
        """Return the draw of :meth:`to_json`; KeyError, TypeError or ValueError where it is none."""
        if stated["format"] != FORMAT or stated["purpose"] not in get_args(Purpose):
            raise ValueError(f"format {stated['format']!r}, purpose {stated['purpose']!r}")
        items = tuple(Item(**item) for item in stated["items"])
        if any(not 0.0 < item.probability <= 1.0 for item in items):
            raise ValueError("a probability that is none")
        return cls(
            name=str(stated["name"]),
            purpose=stated["purpose"],
            moment=str(stated["moment"]),
            seed=int(stated["seed"]),
            population=Population.from_json(stated["population"]),
            items=items,
            aim=None if stated.get("aim") is None else Aim(**stated["aim"]),
        )


# On disk ------------------------------------------------------------------------------------------------------------


def path_of(output_dir: Path, name: str) -> Path:
    """Return where a draw is kept."""
    return output_dir / FOLDER / f"{safe_name(name)}.json"


def free_name(output_dir: Path, purpose: Purpose) -> str:
    """Return the next name for a draw of a purpose: ``audit``, ``audit-2``."""
    names = (purpose if number == 1 else f"{purpose}-{number}" for number in count(1))
    return next(name for name in names if not path_of(output_dir, name).exists())


def write_draw(output_dir: Path, draw: Draw) -> Path:
    """Write a draw into its folder, and return where.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    path = path_of(output_dir, draw.name)
    with writing(f"to {path.parent}"):
        make_folder(path.parent)
    write_durably(path, (json.dumps(draw.to_json(), ensure_ascii=False, indent=1) + "\n").encode())
    return path


def read_draw(output_dir: Path, name: str) -> Draw:
    """Return a draw.

    Raises
    ------
    UsageError
        There is none of that name, or its file is damaged.
    """
    path = path_of(output_dir, name)
    try:
        return Draw.from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        known = ", ".join(draw.name for draw in read_draws(output_dir)) or "none"
        raise UsageError(f"no draw {name} is kept in {path.parent}", f"there are: {known}") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", "make it readable") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is no draw: {error}", DRAW_AGAIN) from None


def read_draws(output_dir: Path, purposes: Sequence[Purpose] = get_args(Purpose)) -> Iterator[Draw]:
    """Yield the draws that are kept in a folder, the oldest first; errors as of :func:`read_draw`."""
    draws = [read_draw(output_dir, path.stem) for path in sorted((output_dir / FOLDER).glob("*.json"))]
    yield from (draw for draw in sorted(draws, key=lambda draw: draw.moment) if draw.purpose in purposes)
