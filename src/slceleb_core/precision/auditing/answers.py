"""What a reviewer has answered on the page of a draw, read back with nothing taken on trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from slceleb_core.errors import UsageError

FORMAT = 1

Verdict: TypeAlias = Literal["right", "wrong person", "not speaking", "someone else's voice", "bad cut", "cannot tell"]
"""What can be answered; whatever is wrong, the first one that applies, in this order."""

ERRORS: tuple[Verdict, ...] = ("wrong person", "not speaking", "someone else's voice", "bad cut")
"""Kinds in which a segment is wrong."""

SAVE_AGAIN = "download it again from the page"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered on one item.

    Attributes
    ----------
    verdict
        The answer.
    note
        What the reviewer wrote; may be empty.
    when
        ISO 8601, as the browser's clock had it; may be empty.
    person, start, end
        The stretch as it was shown; None: not said.
    """

    verdict: Verdict
    note: str = ""
    when: str = ""
    person: str | None = None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers of one reviewer.

    Attributes
    ----------
    draw
        Name of the draw.
    moment
        When it was drawn: another draw may have had the same name.
    reviewer
        Who; may be empty.
    when
        When they were saved.
    settles
        Whether they are on what two others disagreed on, and settle it.
    answers
        By the item's id.
    """

    draw: str
    moment: str
    reviewer: str
    when: str = ""
    settles: bool = False
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return them JSON-ready, as the page saves them."""
        return {
            "format": FORMAT,
            "draw": self.draw,
            "drawn": self.moment,
            "reviewer": self.reviewer,
            "when": self.when,
            "settles": self.settles,
            "answers": {
                key: {
                    "answer": answer.verdict,
                    "note": answer.note,
                    "when": answer.when,
                    "person": answer.person,
                    "start": answer.start,
                    "end": answer.end,
                }
                for key, answer in self.answers.items()
            },
        }


def read_answers(path: Path) -> Answers:
    """Return what a file holds.

    Raises
    ------
    UsageError
        It cannot be read, or holds no answers.
    """
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", "name a file that the page saved") from None
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}", SAVE_AGAIN) from None
    return answers_of(stated, str(path))


def holds_answers(path: Path) -> bool:
    """Tell whether a file is meant to hold answers of an audit; what is wrong with it, its reader says."""
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stated, dict) and "answers" in stated and "decisions" not in stated


def answers_of(stated: Any, path: str) -> Answers:
    """Return the answers that a JSON value states; `path` says where it stood. Errors as of :func:`read_answers`."""
    if not isinstance(stated, dict) or not isinstance(stated.get("answers"), dict):
        raise UsageError(f"{path} has no answers of an audit", "name a file that the page of slceleb audit has saved")
    if stated.get("format") != FORMAT:
        raise UsageError(
            f"{path} has the format {stated.get('format')!r}, this program knows {FORMAT}", "write the page anew"
        )
    named = {name: stated.get(name, "") for name in ("draw", "drawn", "reviewer", "when")}
    for name, value in named.items():
        if not isinstance(value, str):
            raise UsageError(f"{path} has {value!r} as its {name}, which is no text", SAVE_AGAIN)
    return Answers(
        draw=named["draw"],
        moment=named["drawn"],
        reviewer=named["reviewer"].strip(),
        when=named["when"],
        settles=stated.get("settles") is True,
        answers={key: _answer(path, key, entry) for key, entry in stated["answers"].items()},
    )


def _answer(path: str, key: str, stated: Any) -> Answer:
    if not isinstance(stated, dict) or stated.get("answer") not in get_args(Verdict):
        known = ", ".join(get_args(Verdict))
        raise UsageError(f"{path}: the answer on {key} is none of: {known}", SAVE_AGAIN)
    texts = {name: stated.get(name) or "" for name in ("note", "when", "person")}
    times = {name: stated.get(name) for name in ("start", "end")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise UsageError(f"{path}: the answer on {key} has {value!r} as its {name}", SAVE_AGAIN)
    for name, value in times.items():
        if value is not None and (not isinstance(value, (int, float)) or isinstance(value, bool)):
            raise UsageError(f"{path}: the answer on {key} has {value!r} as its {name}", SAVE_AGAIN)
    verdict = cast("Verdict", stated["answer"])
    return Answer(verdict, texts["note"], texts["when"], texts["person"] or None, times["start"], times["end"])
