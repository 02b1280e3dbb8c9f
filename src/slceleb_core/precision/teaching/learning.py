"""What the decisions on a folder teach the stages that it was made with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from slceleb_core.corpus.reading import Recording, read_corpus
from slceleb_core.decision.identity import LearnedIdentity
from slceleb_core.decision.operating import Known
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.errors import UsageError
from slceleb_core.pages.wording import counted
from slceleb_core.pipeline import Pipeline
from slceleb_core.precision.evidence import Evidence, Kind, Label
from slceleb_core.precision.teaching.fitting import Outcome, Task, learn
from slceleb_core.precision.teaching.lessons import NAMED, SPEAKS, Lesson, lessons_of
from slceleb_core.profile import BoundProfile, bind, profile_of
from slceleb_core.registry import Registry
from slceleb_core.stages import Learned, Speaker, StageContext
from slceleb_core.types import Array, Learnable

DIGITS = 6
"""Decimals of what is written down: far below what it is known to."""

CERTAIN = 0.99
"""How often a name is to be right at the similarity that is asked for, where nobody says otherwise."""

SLOPE = 2.0
"""How much steeper than not at all the log odds of a name may be believed to rise with one standard deviation of
similarity: wide."""

CaseT = TypeVar("CaseT", Lesson, Label)


@dataclass(frozen=True, slots=True)
class Taught:
    """What came of teaching one stage.

    Attributes
    ----------
    stage
        ``speaker xcorr``, ``identity insightface``.
    option
        Where a profile names it.
    decisions, wrong
        On how many segments.
    held_out_by
        ``person`` or ``video``; empty where nothing was fitted.
    before, after, error
        Mean log loss on held-out decisions, and the standard error of their difference; NaN where there is none.
    refusal
        Why nothing is learned; empty where something is.
    learned
        What a profile takes in, JSON-ready; None where nothing is.
    """

    stage: str
    option: str
    decisions: int
    wrong: int
    held_out_by: str
    before: float
    after: float
    error: float
    refusal: str
    learned: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A folder, the profile that it was made with, and the decisions that are to teach.

    Attributes
    ----------
    folder
        The output folder.
    bound
        The profile.
    evidence
        Its segments, and all labels of them.
    labels
        Those that are to teach, of videos that were made so.
    others
        Videos with decisions that were made with another speaker stage, or recognizer: theirs do not count.
    """

    folder: Path
    bound: BoundProfile
    evidence: Evidence
    labels: tuple[Label, ...]
    others: int


def subject_of(output_dir: Path, evidence: Evidence, labels: Sequence[Label], registry: Registry) -> Subject:
    """Return what can be taught by decisions on a folder.

    Parameters
    ----------
    output_dir
        The folder.
    evidence, labels
        What is known of it, and what of that is to teach.
    registry
        Where its stages are.

    Raises
    ------
    UsageError
        Nothing has been decided, or its profile cannot be had any more.
    """
    recordings = {recording.name: recording for recording in read_corpus(output_dir).recordings}
    decided = sorted({label.recording for label in labels} & recordings.keys())
    if not decided:
        hint = "look through its page and apply what was decided: `slceleb review apply`; see `slceleb review queue`"
        proving = len(evidence.proving)
        if proving:
            there = counted(proving, "decision")
            hint = f"{there} can prove a precision, and --spend learns from those; they only teach from then on"
        raise UsageError(f"no decision on a segment of {output_dir} can teach anything", hint)
    forms = {name: _made_with(recordings[name]) for name in decided}
    counts = [sum(label.recording == name for label in labels) for name in decided]
    shown = forms[decided[int(np.argmax(counts))]]
    same = {name for name in decided if forms[name] == shown}
    stated = next(iter(recordings[name] for name in decided if name in same)).report().get("provenance") or {}
    bound = bind(profile_of(deepcopy(dict(stated.get("profile") or {})), (), f"of {output_dir}"), registry)
    _demand_current(shown, bound, output_dir)
    used = tuple(label for label in labels if label.recording in same)
    return Subject(output_dir, bound, evidence, used, len(decided) - len(same))


def _made_with(recording: Recording) -> tuple[Any, ...]:
    """Return which speaker stage and which recognizer a video's results are of."""
    stated = recording.report().get("provenance") or {}
    profile, stages = stated.get("profile") or {}, stated.get("stages") or {}
    speaker = deepcopy(profile.get("speaker"))
    if isinstance(speaker, dict):
        speaker.get("options", {}).pop("diagnostics", None)
    told = [((stages.get(role) or {}).get("name"), (stages.get(role) or {}).get("revision")) for role in ROLES]
    return (speaker, profile.get("embed"), *told)


ROLES = ("speaker", "recognizer")


def _demand_current(form: tuple[Any, ...], bound: BoundProfile, output_dir: Path) -> None:
    """Make sure that the speaker stage is the one that made the results."""
    name, revision = form[2]
    stage = bound.speaker.stage
    if name is not None and (name, revision) != (stage.name, stage.revision):
        what = f"{output_dir} was made with {name} {revision}, and installed is {stage.name} {stage.revision}"
        raise UsageError(what, "run it again: intermediate results are used as far as they hold")


# The speaker stage --------------------------------------------------------------------------------------------------


def teach_speaker(subject: Subject, context: StageContext) -> Taught:
    """Return what decisions teach the speaker stage."""
    bound = subject.bound.speaker
    stage = bound.stage(bound.config, context)
    assert isinstance(stage, Speaker)  # noqa: S101 - the registry has seen to it
    learnable, title = stage.learnable(), f"speaker {stage.name}"
    chosen = [label for label in subject.labels if label.kind in SPEAKS]
    if learnable is None:
        return _nothing(title, OPTION, chosen, SPEAKS, f"{stage.name} has nothing that decisions could teach")
    lessons = list(lessons_of(subject.folder, chosen))
    if not lessons and chosen:
        return _nothing(title, OPTION, chosen, SPEAKS, LACKING)
    labels = [lesson.label for lesson in lessons]
    task, by = _task(labels, SPEAKS, _odds(lessons, learnable), learnable.values, learnable.spread)
    outcome = learn(task)
    taught = _taught(title, OPTION, labels, SPEAKS, by, outcome)
    if outcome.refusal:
        return taught
    values = {name: round(float(value), DIGITS) for name, value in zip(learnable.names, outcome.values, strict=True)}
    learned = Learned.of(bound, values, decisions=_told(labels, SPEAKS), held_out=_losses(outcome, by))
    return _with(taught, learned.model_dump(mode="json"))


OPTION = "speaker.options.learned"

LACKING = (
    "the results do not say what scores rest on: run the batch again with --set speaker.options.diagnostics=true, "
    "which takes seconds where intermediate results are kept"
)


def _odds(lessons: Sequence[Lesson], learnable: Learnable) -> Callable[[Array], Array]:
    """Return what gives the log odds of segments: the mean of their rows, as a decision is one on all of them."""
    names = set.intersection(*(set(lesson.rows) for lesson in lessons)) if lessons else set()
    rows = {name: np.concatenate([lesson.rows[name] for lesson in lessons]) for name in sorted(names)}
    sizes = np.array([len(next(iter(lesson.rows.values()))) for lesson in lessons], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes

    def odds(values: Array) -> Array:
        return np.asarray(np.add.reduceat(learnable.log_odds(values, rows), starts) / sizes)

    return odds


# Names --------------------------------------------------------------------------------------------------------------

IDENTITY = "identity.learned"


def teach_identity(subject: Subject, known: Callable[[], Known], precision: float = CERTAIN) -> Taught:
    """Return what decisions teach of how similar a track must be to get a name.

    What a track had to reach is known of each, so it is learned how much beyond that a name is right often enough.

    Parameters
    ----------
    subject
        The folder and its decisions.
    known
        Tells of the recognizer's model; asked where something is learned, as it has to be opened for that.
    precision
        How often a name is to be right.
    """
    recognizer = subject.bound.recognizer
    if recognizer is None:
        return _nothing("identity", IDENTITY, (), NAMED, "faces are compared with nobody (embed: null)")
    title, population = f"identity {recognizer.stage.name}", subject.evidence.population
    room = _room(subject.evidence, [label for label in subject.labels if label.kind in NAMED])
    labels, beyond = [label for label, _ in room], np.array([far for _, far in room])
    if not len(beyond) or "similarity" not in population.measures:
        return _nothing(title, IDENTITY, labels, NAMED, "no decision on a segment of somebody of the gallery")
    middle, width = float(beyond.mean()), max(float(beyond.std()), 1e-6)
    heights = (beyond - middle) / width
    task, by = _task(labels, NAMED, lambda values: values[0] * heights, np.zeros(1), np.array([SLOPE]))
    outcome = learn(task)
    taught = _taught(title, IDENTITY, labels, NAMED, by, outcome)
    if outcome.refusal:
        return taught
    slope = outcome.scale * float(outcome.values[0])
    wanted = (float(np.log(precision / (1 - precision))) - outcome.level) / slope if slope > 0 else np.inf
    more = round(middle + width * wanted, DIGITS) if np.isfinite(wanted) else np.inf
    if more <= 0 or more > float(beyond.max()):
        what = "as it is, names are right that often" if more <= 0 else "no similarity that was seen is enough"
        return _with(taught, None, f"names are to be right in {precision:g}: {what}")
    used = subject.bound.comparing.stage
    learned = LearnedIdentity(
        stage=used.name,
        revision=used.revision,
        model=known().model,
        beyond=more + _beyond_of(subject),
        precision=precision,
        decisions=_told(labels, NAMED),
        held_out=_losses(outcome, by),
    )
    return _with(taught, learned.model_dump(mode="json"))


def _room(evidence: Evidence, labels: Sequence[Label]) -> list[tuple[Label, float]]:
    """Return by how much each track was more similar than it had to be, of those of which it is known."""
    population, nobody = evidence.population, np.full(len(evidence.population), np.nan)
    rows = evidence.rows(labels)
    value = population.measures.get("similarity", nobody)[rows]
    limit = population.limits.get("similarity", nobody)[rows]
    return [(label, float(far)) for label, far in zip(labels, value - limit, strict=True) if np.isfinite(far)]


def _beyond_of(subject: Subject) -> float:
    """Return what had been learned before: limits that were met had it in them."""
    before = subject.bound.profile.identity.learned
    return 0.0 if before is None else before.beyond


# What both share ----------------------------------------------------------------------------------------------------


def _task(
    labels: Sequence[Label], meaning: Mapping[Kind, bool], odds: Callable[[Array], Array], start: Array, spread: Array
) -> tuple[Task, str]:
    """Return what is to be fitted, and by what it is held out: by person, or by video where there is one person."""
    persons = [label.person for label in labels]
    by_person = len(set(persons)) > 1
    names = persons if by_person else [label.recording for label in labels]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    groups = np.array([numbers[name] for name in names], dtype=np.int64)
    right = np.array([meaning[label.kind] for label in labels], dtype=bool)
    return Task(odds, start, spread, right, groups), "person" if by_person else "video"


def _nothing(stage: str, option: str, labels: Sequence[Label], meaning: Mapping[Kind, bool], refusal: str) -> Taught:
    wrong = sum(not meaning[label.kind] for label in labels)
    return Taught(stage, option, len(labels), wrong, "", np.nan, np.nan, np.nan, refusal)


def _taught(
    stage: str, option: str, labels: Sequence[Label], meaning: Mapping[Kind, bool], by: str, outcome: Outcome
) -> Taught:
    wrong = sum(not meaning[label.kind] for label in labels)
    held_out = by if np.isfinite(outcome.before) else ""
    told = (outcome.before, outcome.after, outcome.error)
    return Taught(stage, option, len(labels), wrong, held_out, *told, outcome.refusal)


def _with(taught: Taught, learned: Mapping[str, Any] | None, refusal: str = "") -> Taught:
    return replace(taught, learned=learned, refusal=refusal)


def _told(labels: Sequence[Label], meaning: Mapping[Kind, bool]) -> dict[str, Any]:
    """Return what is stated of the decisions: how many, and a hash of which, as ids name videos."""
    said = sorted(f"{label.segment}\t{label.kind}" for label in labels)
    return {
        "count": len(labels),
        "wrong": sum(not meaning[label.kind] for label in labels),
        "persons": len({label.person for label in labels}),
        "videos": len({label.recording for label in labels}),
        "digest": hashlib.sha256("\n".join(said).encode()).hexdigest(),
        "when": utc_timestamp(),
    }


def _losses(outcome: Outcome, by: str) -> dict[str, Any]:
    told = {"before": outcome.before, "after": outcome.after, "error": outcome.error}
    return {"by": by, **{name: round(value, DIGITS) for name, value in told.items()}}


def teach(subject: Subject, registry: Registry, context: StageContext, precision: float = CERTAIN) -> list[Taught]:
    """Return what decisions teach each stage that can learn.

    Parameters
    ----------
    subject
        The folder and its decisions.
    registry, context
        Where its stages are, and what they are handed.
    precision
        How often a name is to be right.
    """

    def known() -> Known:
        with Pipeline(subject.bound, registry, context) as pipeline:
            return pipeline.known

    return [teach_speaker(subject, context), teach_identity(subject, known, precision)]
