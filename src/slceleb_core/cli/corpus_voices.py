"""What ``slceleb corpus voices`` does and says, and ``slceleb run`` where the profile names a voice stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from slceleb_core.cli.console import err, out, row, say, show_json, show_table, table, tell
from slceleb_core.cli.session import session
from slceleb_core.corpus.claiming import alone_in
from slceleb_core.corpus.reading import Corpus, read_corpus
from slceleb_core.corpus.verdicts import failed
from slceleb_core.corpus.voice_removal import Carried
from slceleb_core.corpus.voices.figures import VoiceReport, reported_of
from slceleb_core.corpus.voices.hearing import Progress as Told
from slceleb_core.corpus.voices.hearing import unwatched
from slceleb_core.corpus.voices.limits import Asked, Limits, asked_of
from slceleb_core.corpus.voices.sheets import remark_of, voice_sheets
from slceleb_core.corpus.voices.weighing import Verdict, Weighed, weigh
from slceleb_core.decision.gates import OVER_CORPUS, GateConfig
from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.pages.wording import counted, lasting
from slceleb_core.profile import StageUse, bind_stage, explain, lacks
from slceleb_core.registry import Registry
from slceleb_core.review.hearing import judge_voices
from slceleb_core.stages import BoundStage, StageContext

LISTED = 20
"""Segments that are listed; the JSON has all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command asks for.

    Attributes
    ----------
    output_dir
        The corpus.
    voice
        Which stage; None: as the folder says.
    voice_options, overrides
        ``name=value`` each.
    dry_run
        Whether nothing is to be carried out.
    """

    output_dir: Path
    voice: str | None
    voice_options: tuple[str, ...]
    overrides: tuple[str, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes
    ----------
    weighed
        What was decided.
    carried
        What was done; None: nothing, as nobody wanted it.
    report
        The figures.
    """

    weighed: Weighed
    carried: Carried | None
    report: VoiceReport


def carry_out(wanted: Wanted, *, shown: bool) -> Outcome:
    """Do what is wanted, and return what came of it; `shown`: how far it is is shown on a terminal."""
    with session() as current, alone_in(wanted.output_dir):
        registry, corpus = Registry.discover(), read_corpus(wanted.output_dir)
        asked = _asked(wanted, asked_of(corpus))
        bound = _bound(asked, registry)
        for fault in lacks([bound], current.models):
            raise fault
        context = replace(current.settings.stage_context(), models=current.models)
        with watching(shown=shown) as progress:
            if wanted.dry_run:
                weighed = weigh(wanted.output_dir, bound, asked.limits, registry, context, progress)
                return _outcome(weighed, None, asked.limits, bound, corpus)
            weighed, carried = judge_voices(wanted.output_dir, bound, asked.limits, registry, context, progress)
        return _outcome(weighed, carried, asked.limits, bound, read_corpus(wanted.output_dir))


def at_the_end(
    output_dir: Path, bound: BoundStage, gates: GateConfig, registry: Registry, context: StageContext, *, shown: bool
) -> Outcome:
    """Judge the voices of a folder at the end of a run, which holds its lock."""
    limits = Limits.of(gates)
    with watching(shown=shown) as progress:
        weighed, carried = judge_voices(output_dir, bound, limits, registry, context, progress)
    return _outcome(weighed, carried, limits, bound, read_corpus(output_dir))


def _outcome(weighed: Weighed, carried: Carried | None, limits: Limits, bound: BoundStage, corpus: Corpus) -> Outcome:
    return Outcome(weighed, carried, reported_of(corpus, bound.stage.name, limits, weighed.judged))


def _asked(wanted: Wanted, before: Asked) -> Asked:
    """Return how the corpus is to be judged: as asked for, and else as before."""
    if wanted.voice is None and wanted.voice_options:
        raise UsageError("--voice-option is of no stage", "name it: --voice NAME")
    options = dict(_values(wanted.voice_options, "--voice-option"))
    voice = before.voice if wanted.voice is None else StageUse(use=wanted.voice, options=options)
    return Asked(voice, _limits(wanted.overrides, before.limits))


def _limits(overrides: Sequence[str], before: Limits) -> Limits:
    given = dict(_values(overrides, "--set"))
    for name in given:
        if name not in OVER_CORPUS:
            raise UsageError(f"--set {name}: no limit of voices", did_you_mean(name, sorted(OVER_CORPUS)))
    try:
        return Limits.of(GateConfig.model_validate({**before.to_json(), **given}))
    except ValidationError as error:
        raise UsageError(explain(error, GateConfig, "--set")) from None


def _values(given: Sequence[str], option: str) -> Iterator[tuple[str, Any]]:
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"{option} {text}: expected name=value")
        try:
            yield name.removeprefix("gates."), yaml.safe_load(value)
        except yaml.YAMLError:
            yield name, value


def _bound(asked: Asked, registry: Registry) -> BoundStage:
    if asked.voice is None:
        known = ", ".join(registry.names("voice"))
        hint = f"name one with --voice; installed: {known}" if known else "pip install slceleb-voice-campplus"
        raise UsageError("neither the profile of this folder names a voice stage, nor has one been asked before", hint)
    return bind_stage(registry, "voice", asked.voice.use, asked.voice.options, "voice")


@contextmanager
def watching(*, shown: bool) -> Iterator[Told]:
    """Show how many videos have been listened to, while the block lasts, where stderr is a terminal."""
    if not shown or not err.is_terminal:
        yield unwatched
        return
    columns = TextColumn("listening"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, count: bar.update(task, completed=done, total=count or None)


def show(outcome: Outcome, output_dir: Path, *, as_json: bool) -> None:
    """Say what voices have decided."""
    if as_json:
        show_json(to_json(outcome, output_dir))
        return
    tell_silence(outcome)
    _show_segments(outcome)
    for sheet in voice_sheets(outcome.report):
        made = table(*sheet.columns, title=sheet.title)
        for cells in sheet.rows:
            row(made, *cells)
        show_table(made)
        say(out, sheet.remark)
    say(out, in_words(outcome))


def to_json(outcome: Outcome, output_dir: Path) -> dict[str, Any]:
    """Return what came of it, JSON-ready."""
    carried = outcome.carried
    return {
        "output_dir": str(output_dir),
        "carried_out": carried is not None,
        "going": [_row(verdict) for verdict in outcome.weighed.going],
        "returning": [_row(verdict) for verdict in outcome.weighed.returning],
        "kept_by_review": [_row(verdict) for verdict in _kept(outcome.weighed)],
        **asdict(outcome.report),
    }


def in_words(outcome: Outcome) -> str:
    """Return what was left out and brought back, in a line."""
    going, back, kept = outcome.weighed.going, outcome.weighed.returning, list(_kept(outcome.weighed))
    amount = f"{counted(len(going), 'segment')} ({lasting(_seconds(going))})"
    returned = f"{counted(len(back), 'segment')} ({lasting(_seconds(back))})"
    would = "would be " if outcome.carried is None else ""
    accepted = f"; {counted(len(kept), 'segment')} kept, as a reviewer has accepted them" if kept else ""
    return f"voices: {amount} {would}left out, {returned} {would}brought back{accepted}"


def tell_line(outcome: Outcome) -> None:
    """Say in two lines what voices have decided, behind a run."""
    tell_silence(outcome)
    say(out, in_words(outcome))
    say(out, remark_of(outcome.report))


def tell_silence(outcome: Outcome) -> None:
    """Say that segments have no sound any more."""
    missing = outcome.report.silent.get("no sound", 0)
    if missing:
        hint = "the sink clips cuts it; or put the videos back to where they were"
        tell("warning", f"{counted(missing, 'segment')} could not be heard: no cut sound, and no video", hint)


def _show_segments(outcome: Outcome) -> None:
    shown = [("left out", verdict) for verdict in outcome.weighed.going]
    shown += [("brought back", verdict) for verdict in outcome.weighed.returning]
    if not shown:
        return
    made = table("segment", "person", ">from", ">to", "gate", ">value", ">limit", "what")
    for what, verdict in shown[:LISTED]:
        gate, segment = failed(verdict.gates) or verdict.gates[0], verdict.segment
        value = "" if gate.value is None else f"{gate.value:.2f}"
        limit = "" if gate.limit is None else f"{gate.limit:g}"
        row(
            made,
            segment.id,
            segment.person,
            f"{segment.start:.2f}",
            f"{segment.end:.2f}",
            gate.name,
            value,
            limit,
            what,
        )
    show_table(made)
    if len(shown) > LISTED:
        say(out, f"and {len(shown) - LISTED:,} more (--json has all)")


def _kept(weighed: Weighed) -> Iterator[Verdict]:
    return (verdict for verdict in weighed.verdicts() if verdict.fails and verdict.said.accepted)


def _row(verdict: Verdict) -> dict[str, Any]:
    gate, segment = failed(verdict.gates) or verdict.gates[0], verdict.segment
    where = {"id": segment.id, "person": segment.person, "start": segment.start, "end": segment.end}
    return {**where, "gate": gate.name, "value": gate.value, "limit": gate.limit}


def _seconds(verdicts: Sequence[Verdict]) -> float:
    return sum(verdict.segment.duration for verdict in verdicts)
