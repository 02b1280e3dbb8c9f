"""Answers as they are kept in the folder, beside the draw that they are about: ``draws/answers/<draw>.json``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from slceleb_core.corpus.audit_removal import ANSWERS
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.syncing import make_folder
from slceleb_core.errors import UsageError
from slceleb_core.precision.auditing.answers import FORMAT, Answers, answers_of, read_answers
from slceleb_core.precision.auditing.judging import Judgement, judge
from slceleb_core.precision.draws import FOLDER, Draw, read_draws


def kept_path(output_dir: Path, draw: str) -> Path:
    """Return where the answers on a draw are kept."""
    return output_dir / FOLDER / ANSWERS / f"{safe_name(draw)}.json"


def read_kept(output_dir: Path, draw: str) -> tuple[Answers, ...]:
    """Return the answers that are kept on a draw; none where nobody has answered.

    Raises
    ------
    UsageError
        The file is damaged.
    """
    path = kept_path(output_dir, draw)
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", "make it readable") from None
    except ValueError as error:
        raise UsageError(f"{path} is damaged: {error}", "delete it, and give the answers again") from None
    if not isinstance(stated, dict) or not isinstance(stated.get("reviews"), list):
        raise UsageError(f"{path} holds no answers", "delete it, and give the answers again")
    return tuple(answers_of(review, str(path)) for review in stated["reviews"])


def write_kept(output_dir: Path, draw: str, answers: Iterable[Answers]) -> None:
    """Keep the answers on a draw.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    path = kept_path(output_dir, draw)
    with writing(f"to {path.parent}"):
        make_folder(path.parent.parent)
        make_folder(path.parent)
    stated = {"format": FORMAT, "reviews": [review.to_json() for review in answers]}
    write_durably(path, (json.dumps(stated, ensure_ascii=False, indent=1) + "\n").encode())


def read_given(files: Sequence[Path]) -> tuple[Answers, ...]:
    """Return the answers of files, each by somebody; who has left no name is called as the file.

    Raises
    ------
    UsageError
        A file cannot be read, they are about several draws, or two are of one reviewer.
    """
    given = [named(read_answers(path), path) for path in files]
    draws = sorted({answers.draw for answers in given})
    if len(draws) > 1:
        raise UsageError(f"these answers are about several draws: {', '.join(draws)}", "give those on one at a time")
    files_by = Counter((answers.reviewer, answers.settles) for answers in given)
    for (reviewer, _), count in files_by.items():
        if count > 1:
            hint = "two reviewers each have a name of their own; of one, give the latest file"
            raise UsageError(f"{count} of these files are by {reviewer}", hint)
    return tuple(given)


def named(answers: Answers, path: Path) -> Answers:
    """Return answers under their reviewer's name, or that of their file."""
    return answers if answers.reviewer else replace(answers, reviewer=path.stem)


def together(kept: Iterable[Answers], given: Iterable[Answers]) -> tuple[Answers, ...]:
    """Return what is kept and what is given now: of one reviewer, what is given takes the place of what was kept."""
    by_reviewer = {(answers.reviewer, answers.settles): answers for answers in (*kept, *given)}
    return tuple(by_reviewer[key] for key in sorted(by_reviewer))


def about(draw: Draw, answers: Answers) -> Answers:
    """Return answers on what a draw holds, and no others: what was removed from it must not come back in a file."""
    known = {item.id for item in draw.items}
    return replace(answers, answers={key: answer for key, answer in answers.answers.items() if key in known})


def judgements(output_dir: Path) -> Iterator[Judgement]:
    """Yield what the kept answers on each random draw of a folder come to, the oldest draw first.

    Raises
    ------
    UsageError
        A draw or its answers are damaged.
    """
    for draw in read_draws(output_dir, ("audit", "prove")):
        kept = read_kept(output_dir, draw.name)
        if kept:
            yield judge(draw, kept)
