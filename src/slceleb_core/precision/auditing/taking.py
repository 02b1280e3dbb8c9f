"""Answers taken into the folder: kept, worked out, and shown by everything that tells of the corpus."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slceleb_core.corpus.audits import Audit, Since, read_audits, since, write_audits
from slceleb_core.corpus.reading import Corpus, read_corpus
from slceleb_core.corpus.refreshing import refresh_derived
from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.manifests.collecting import collect_with, uses_in
from slceleb_core.manifests.provenance import ProvenanceSink
from slceleb_core.precision.auditing.answers import ERRORS, Answers
from slceleb_core.precision.auditing.estimating import CONFIDENCE, audit_of
from slceleb_core.precision.auditing.judging import Judged, Judgement, judge
from slceleb_core.precision.auditing.keeping import about, kept_path, read_given, read_kept, together, write_kept
from slceleb_core.precision.auditing.showing import disputed_page_of, write_disputed
from slceleb_core.precision.draws import Draw, read_draw, read_draws
from slceleb_core.registry import Registry
from slceleb_core.review.decisions import Decision, Review


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of answers.

    Attributes
    ----------
    audit
        What they say.
    judgement
        What they come to, item by item.
    since
        What has become of the corpus since it was drawn from.
    disputed_page
        Where the page is of what two reviewers answered differently; None: there is nothing.
    changed
        How many answers were given on segments that are other stretches now than those that were drawn. Nobody knows
        which of them was looked at, so they are taken for "cannot tell".
    """

    audit: Audit
    judgement: Judgement
    since: Since
    disputed_page: Path | None
    changed: int = 0


def take_answers(output_dir: Path, files: Sequence[Path], registry: Registry | None = None) -> Taken:
    """Keep answers, work out what they say with those that were kept before, and have it stand wherever it is shown.

    Parameters
    ----------
    output_dir
        The corpus; the caller holds its lock.
    files
        As the page has saved them, all about one draw.
    registry
        The plugins; None: all that are installed.

    Raises
    ------
    UsageError
        A file is none, or is about another draw or other stretches; then nothing has been done.
    OutputError
        Something cannot be written.
    """
    given = read_given(files)
    return _worked_out(output_dir, given[0].draw, given, registry)


def work_out(output_dir: Path, draw: str, registry: Registry | None = None) -> Taken:
    """Work out what the kept answers on a draw say; parameters and errors as of :func:`take_answers`."""
    return _worked_out(output_dir, draw, (), registry)


def withdraw_answers(output_dir: Path, reviewer: str, registry: Registry | None = None) -> Taken | None:
    """Forget what a reviewer has answered on the latest draw that was answered, and work out what the others' say.

    Parameters
    ----------
    output_dir, registry
        As of :func:`take_answers`.
    reviewer
        Whose answers; those that settled what others disagreed on, too.

    Returns
    -------
    Taken | None
        What is left; None where nobody else has judged, so that nothing is said any more.

    Raises
    ------
    UsageError
        Nobody of that name has answered it.
    OutputError
        Something cannot be written.
    """
    draw = latest_answered(output_dir)
    kept = read_kept(output_dir, draw)
    names = sorted({answers.reviewer for answers in kept})
    if reviewer not in names:
        raise UsageError(f"nobody named {reviewer} has answered the draw {draw}", did_you_mean(reviewer, names))
    left = [answers for answers in kept if answers.reviewer != reviewer]
    if any(not answers.settles for answers in left):
        return _worked_out(output_dir, draw, (), registry, without=reviewer)
    write_audits(output_dir, [known for known in read_audits(output_dir) if known.draw != draw])
    disputed_page_of(output_dir, read_draw(output_dir, draw)).unlink(missing_ok=True)
    kept_path(output_dir, draw).unlink()
    _show_everywhere(output_dir, registry)
    return None


def _worked_out(
    output_dir: Path, draw: str, given: Sequence[Answers], registry: Registry | None, without: str | None = None
) -> Taken:
    taken = write_audit(output_dir, draw, given, without)
    _show_everywhere(output_dir, registry)
    return taken


def _show_everywhere(output_dir: Path, registry: Registry | None) -> None:
    refresh_derived(output_dir)
    _refresh_provenance(read_corpus(output_dir), registry or Registry.discover())


def write_audit(output_dir: Path, name: str, given: Sequence[Answers] = (), without: str | None = None) -> Taken:
    """Keep answers on a draw, and write down what they say with those that were kept before; nothing else is written.

    Of those, what the reviewer has answered whom `without` names is kept no more. Errors are those of
    :func:`take_answers`.
    """
    corpus, draw = read_corpus(output_dir), read_draw(output_dir, name)
    if draw.purpose == "teach":
        raise UsageError(f"the draw {name} was chosen to teach, so it says nothing of the whole", "draw: slceleb audit")
    changed = _changed(draw, corpus)
    kept = [answers for answers in read_kept(output_dir, name) if answers.reviewer != without]
    answers = together(kept, [_doubting(review, changed) for review in given])
    judgement = judge(draw, answers)
    if not judgement.judged:
        raise UsageError(
            f"nothing of the draw {name} was answered from its beginning on",
            "answer its first item, and then the others in their order",
        )
    audit = audit_of(judgement, CONFIDENCE)
    others = [known for known in read_audits(output_dir) if known.draw != name]
    write_kept(output_dir, name, [about(draw, review) for review in answers])
    write_audits(output_dir, [audit, *others])
    doubted = sum(len(changed & set(review.answers)) for review in given)
    return Taken(audit, judgement, since(audit.population, corpus), _write_disputed(corpus, judgement), doubted)


def _changed(draw: Draw, corpus: Corpus) -> frozenset[str]:
    """Return the ids under which other stretches stand now than those that were drawn."""
    standing = {utterance.id: utterance.segment for utterance in corpus.utterances()}
    drawn = (item for item in draw.items if item.kind == "segment" and item.id in standing)
    return frozenset(item.id for item in drawn if not item.stands_as(standing[item.id]))


def _doubting(answers: Answers, changed: Collection[str]) -> Answers:
    """Return answers of which those on some items say that nobody can tell."""
    doubted = {
        key: replace(answer, verdict="cannot tell") if key in changed else answer
        for key, answer in answers.answers.items()
    }
    return replace(answers, answers=doubted)


def _write_disputed(corpus: Corpus, judgement: Judgement) -> Path | None:
    """Write the page of what is disputed; delete the one that stands where nothing is any more."""
    disputed = [judged.item for judged in judgement.disputed]
    if disputed:
        return write_disputed(corpus, judgement.draw, disputed)
    disputed_page_of(corpus.folder, judgement.draw).unlink(missing_ok=True)
    return None


def _refresh_provenance(corpus: Corpus, registry: Registry) -> None:
    """Have the manifest of provenance written again where it stands: it names the audit."""
    for use in uses_in(corpus, registry):
        if use.name == ProvenanceSink.name:
            collect_with(use, corpus.folder, registry)


# Errors that were found ---------------------------------------------------------------------------------------------


def latest_answered(output_dir: Path) -> str:
    """Return the name of the latest draw that somebody has answered.

    Raises
    ------
    UsageError
        There is none.
    """
    answered = [draw.name for draw in read_draws(output_dir, ("audit",)) if read_kept(output_dir, draw.name)]
    if not answered:
        raise UsageError(f"no audit of {output_dir} has been answered", "give the files that its page has saved")
    return answered[-1]


def errors_as_review(judgement: Judgement, corpus: Corpus) -> Review:
    """Return a review that rejects what an audit has found to be wrong, as far as it is in the corpus as it was judged.

    What is disputed stays, and so does what nobody could tell.
    """
    standing = {utterance.id: utterance.segment for utterance in corpus.utterances()}
    decisions: dict[str, Decision] = {}
    for judged in judgement.judged:
        item, segment = judged.item, standing.get(judged.item.id)
        wrong = item.kind == "segment" and judged.verdict in ERRORS
        if wrong and segment is not None and item.stands_as(segment):
            note = _note(judged, judgement)
            when = max((answer.when for answer in judged.answers.values()), default="")
            decisions[item.id] = Decision("reject", note, when, item.person, segment.start, segment.end)
    return Review(" and ".join(name for name in judgement.reviewers if name), "", decisions)


def _note(judged: Judged, judgement: Judgement) -> str:
    """Return why something is rejected: by which audit, what was found, and what reviewers wrote."""
    given = [*judged.answers.values(), *([judged.settled] if judged.settled else [])]
    written = "; ".join(dict.fromkeys(answer.note for answer in given if answer.note))
    found = f"{judgement.draw.name}: {judged.verdict}"
    return f"{found} ({written})" if written else found
