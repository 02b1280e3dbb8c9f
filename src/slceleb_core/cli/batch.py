"""Carrying out what a command asks for: claim the folder, plan, hand over, and say what came of it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from slceleb_core import logs
from slceleb_core.artefacts.keys import Keyring, gallery_key
from slceleb_core.artefacts.program import program_of
from slceleb_core.artefacts.promises import check_promise
from slceleb_core.artefacts.provenance import identities, versions
from slceleb_core.batch.coordinator import run_batch
from slceleb_core.batch.journal import JOURNAL, Journal, RunFacts
from slceleb_core.batch.machine_sampling import Sampler
from slceleb_core.batch.outcomes import BatchResult
from slceleb_core.batch.planning import AtWork, Planned, plan
from slceleb_core.batch.resuming import remembered
from slceleb_core.batch.retrying import RetryPolicy
from slceleb_core.batch.summary import RunInfo, summarise, write_summary
from slceleb_core.cli import carried_decisions, corpus_voices, summary
from slceleb_core.cli.console import afterwards, err, say, show_json, tell, tell_error
from slceleb_core.cli.forewarning import forewarn, forewarn_of_names
from slceleb_core.cli.options import DONE, FAILED, INTERRUPTED, UNUSABLE
from slceleb_core.cli.photos import tell_listing
from slceleb_core.cli.preview import foresee, preview_json, show_preview
from slceleb_core.cli.progress import watcher
from slceleb_core.cli.request import Plan
from slceleb_core.cli.session import Session, session
from slceleb_core.corpus.removal import unfinished_segments
from slceleb_core.disk.atomic import PARTIAL, Aside, sweep, token
from slceleb_core.disk.lock import claimed
from slceleb_core.disk.output import prepare
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.removals import KeptOut
from slceleb_core.errors import ProfileError, SlcelebError, UsageError
from slceleb_core.jobs import BatchJob, Order
from slceleb_core.perception.photos import survey, wanted_among
from slceleb_core.pipeline import collect
from slceleb_core.profile import BoundProfile, bind, explain, lacks
from slceleb_core.registry import Registry
from slceleb_core.review.carrying import carry_decisions
from slceleb_core.review.following import Followed
from slceleb_core.review.refreshing import refreshing
from slceleb_core.review.resuming import resume
from slceleb_core.runners import Crew, Runner
from slceleb_core.stages import BoundStage, StageContext, Voice
from slceleb_core.types import JsonValue

log = logging.getLogger(__name__)

ARTEFACTS = ".artefacts"
"""Folder of the intermediate results in an output folder."""


@dataclass(frozen=True, slots=True)
class ExecutionOptions:
    """How the work is done; nothing of it changes a result.

    Attributes
    ----------
    jobs
        Videos at the same time; None: as many as the runner has room for.
    runner
        Who does them; None: what the machine's settings say.
    runner_options
        ``name=value`` each.
    policy
        How patient to be.
    retry_failed
        Whether videos are tried again that failed before.
    as_json
        Whether one JSON object is printed, and nothing else.
    """

    jobs: int | None
    runner: str | None
    runner_options: tuple[str, ...]
    policy: RetryPolicy
    retry_failed: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a plan comes to on this machine."""

    bound: BoundProfile
    registry: Registry
    keyring: Keyring
    job: BatchJob
    now: AtWork


def preview(wanted: Plan, execution: ExecutionOptions) -> int:
    """Say what would be done and why, and return the exit code that a run would have; nothing is written."""
    _tell_left_out(wanted)
    with session() as current:
        setting = _setting(wanted, current)
        runner = _runner(execution, setting.registry, current)
        _demand(_needed(setting.bound, wanted), runner, current)
        planned = _planned(wanted, execution, setting, _orders(wanted, setting))
    forewarn_of_names(planned, setting.job)
    foreseen = foresee(planned)
    crew = _crew(execution, runner, _pending(planned))
    if execution.as_json:
        show_json(preview_json(foreseen, crew))
    else:
        show_preview(foreseen, crew)
    return FAILED if any(video.fails for video in foreseen) else DONE


def carry_out(wanted: Plan, execution: ExecutionOptions) -> int:
    """Do what is wanted, say what came of it, and return the exit code."""
    _tell_left_out(wanted)
    with session() as current:
        setting = _setting(wanted, current)
        runner = _runner(execution, setting.registry, current)
        _demand(_needed(setting.bound, wanted), runner, current)
        context = replace(current.settings.stage_context(), models=current.models)
        setting.keyring.fetch(compared=wanted.poi_dir is not None)
        orders = _orders(wanted, setting)
        prepare(wanted.output_dir)
        with claimed(wanted.output_dir), _logging(wanted, current), _passing(setting.job):
            sweep(wanted.output_dir)
            _finish_reviews(wanted.output_dir, setting.registry)
            result, run_info = _run(wanted, execution, setting, orders, runner)
            sweep(wanted.output_dir)  # what workers left that were killed
            trouble = _conclude(setting, result, run_info)
            followed, uncarried = _carry_decisions(setting, result)
            voices, unjudged = _judge_voices(setting, result, context, shown=not execution.as_json)
    with afterwards():
        if execution.as_json:
            judged = {} if voices is None else {"voices": corpus_voices.to_json(voices, wanted.output_dir)}
            judged |= {} if followed is None else {"decisions": carried_decisions.to_json(followed)}
            show_json({**summary.as_json(result, run_info, wanted.gathered.repeated, exit_code(result)), **judged})
        else:
            summary.show_summary(result, run_info)
            if followed is not None:
                carried_decisions.tell_line(followed)
            if voices is not None:
                corpus_voices.tell_line(voices)
    if result.interrupted:
        tell("error", "interrupted", "the same command again goes on")
    elif result.stopped is not None:
        tell_error(SlcelebError(result.stopped.message, result.stopped.hint))
    return exit_code(result) or (FAILED if trouble or uncarried or unjudged else DONE)


def _tell_left_out(wanted: Plan) -> None:
    for video in wanted.gathered.repeated:
        tell("note", f"{video} is given more than once; it is processed once")
    for place, why in wanted.gathered.skipped:
        tell("note", f"{place} is left out: {why}")


def exit_code(result: BatchResult) -> int:
    """Return the exit code of a batch."""
    if result.interrupted:
        return INTERRUPTED
    if result.stopped is not None:
        return UNUSABLE
    return FAILED if any(outcome.status == "failed" for outcome in result.outcomes) else DONE


def _setting(wanted: Plan, current: Session) -> _Setting:
    registry = Registry.discover()
    bound = bind(wanted.profile, registry)
    check_promise(bound, registry)
    kept_out = KeptOut.of(wanted.output_dir)
    if wanted.poi_dir is not None:
        _ = bound.comparing  # photos that nothing could be compared with are refused before the work begins
        listing = survey(wanted.poi_dir)
        tell_listing(listing)
        kept_out.refuse_people(listing.people, wanted.poi_dir)
        listing.demand(wanted.poi)
        wanted_among(wanted.poi, listing.people)  # a name that nobody has is said before the work begins
    job = BatchJob(
        profile=bound.resolved(),
        output_dir=wanted.output_dir,
        poi_dir=wanted.poi_dir,
        poi=wanted.poi,
        max_frames=wanted.max_frames,
        settings=_settings(bound, current),
        artefacts=wanted.output_dir / ARTEFACTS if wanted.artefacts else None,
        photos=None if wanted.artefacts else wanted.output_dir / PARTIAL / f"photos.{token()}",
        threads=None,
        kept_out=kept_out,
        redo=wanted.redo,
    )
    keyring = Keyring(bound, registry, replace(current.settings.stage_context(), models=current.models))
    return _Setting(bound, registry, keyring, job, AtWork(program_of(bound, registry), identities(bound, registry)))


def _settings(bound: BoundProfile, current: Session) -> dict[str, JsonValue]:
    """Return the machine's settings for whoever carries orders out; what was accepted here is accepted there, too."""
    terms = {file.terms for stage in bound.stages for file in stage.stage.model_files if file.terms is not None}
    accepted = current.models.accepts | {each.name for each in terms if current.models.accepted(each)}
    return {**current.settings.model_dump(mode="json"), "accept_licences": ",".join(sorted(accepted))}


def _demand(stages: Iterable[BoundStage], runner: Runner, current: Session) -> None:
    """Make sure that stages can run, as far as they know without being opened.

    Raises
    ------
    SlcelebError
        The last that cannot says what it lacks; the others have been told.
    """
    away = None if runner.elsewhere else current.models
    named = list(stages)
    here = [stage for stage in named if issubclass(stage.stage, Voice)]  # voices are judged by this process, at the end
    faults = [*lacks((stage for stage in named if stage not in here), away), *lacks(here, current.models)]
    for fault in faults[:-1]:
        tell_error(fault)
    if faults:
        raise faults[-1]


def _needed(bound: BoundProfile, wanted: Plan) -> Iterator[BoundStage]:
    """Yield the stages that will be opened: without photos nobody is known again."""
    return (stage for stage in bound.stages if stage is not bound.recognizer or wanted.poi_dir is not None)


def _orders(wanted: Plan, setting: _Setting) -> tuple[Order, ...]:
    key = setting.keyring.result(gallery_key(wanted.poi_dir), wanted.max_frames, wanted.poi)
    return tuple(Order(name, item, key.of(item), redo=wanted.redo) for name, item in wanted.named)


def _runner(execution: ExecutionOptions, registry: Registry, current: Session) -> Runner:
    name = execution.runner or current.settings.runner
    kind = registry.find("runner", name).stage
    try:
        config = kind.Config.model_validate(dict(_options(execution.runner_options)))
    except ValidationError as error:
        raise ProfileError(explain(error, kind.Config, "--runner-option")) from None
    kind.check(config)
    return cast("Runner", kind(config, current.settings.stage_context()))


def _options(given: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for option in given:
        name, equals, value = option.partition("=")
        if not equals:
            raise UsageError(f"--runner-option {option}: expected name=value")
        try:
            yield name, yaml.safe_load(value)
        except yaml.YAMLError:
            yield name, value


@contextmanager
def _passing(job: BatchJob) -> Iterator[None]:
    """Have a folder for what is known of photos, where nobody asked for it to be kept, while the block lasts."""
    if job.photos is None:
        yield
        return
    with writing(f"to {job.photos}"):
        aside = Aside(job.output_dir, job.photos.name)
    try:
        yield
    finally:
        aside.discard()


@contextmanager
def _logging(wanted: Plan, current: Session) -> Iterator[None]:
    """Keep a log beside the results for as long as the block lasts."""
    with logs.attached(logs.LogFile(wanted.output_dir / logs.FILE_NAME, tell), current.settings.log_level):
        yield


def _run(
    wanted: Plan, execution: ExecutionOptions, setting: _Setting, orders: tuple[Order, ...], runner: Runner
) -> tuple[BatchResult, RunInfo]:
    """Carry out what is pending, with the journal open and somebody watching."""
    started = datetime.now(timezone.utc).astimezone()
    # before there is a journal: without one the checkpoint is asked
    planned = _planned(wanted, execution, setting, orders)
    with Journal(wanted.output_dir / JOURNAL) as journal, Sampler() as sampler:
        crew = _crew(execution, runner, _pending(planned))
        with runner, watcher(setting.job, wanted.profile_name, shown=not execution.as_json) as watching:
            forewarn(planned, setting.job)
            if crew.workers:
                if not execution.as_json:
                    say(err, f"workers: {crew}")
                runner.begin(setting.job, crew.workers)
            result = run_batch(planned, runner, journal, execution.policy, watching, _facts(wanted, setting))
        record = sampler.record()
    ended = datetime.now(timezone.utc).astimezone()
    return result, RunInfo(setting.job, wanted.profile_name, runner.name, crew.workers, started, ended, record)


def _pending(planned: Sequence[Planned]) -> int:
    return sum(video.outcome.status == "pending" for video in planned)


def _crew(execution: ExecutionOptions, runner: Runner, pending: int) -> Crew:
    """Return how many workers there are to be, and why: never more than videos to do."""
    if not pending:
        return Crew(0, "there is nothing to do")
    if execution.jobs is None:
        return runner.crew(pending)
    return Crew(execution.jobs, "as asked for") if execution.jobs <= pending else Crew(pending, "one a video")


def _planned(wanted: Plan, execution: ExecutionOptions, setting: _Setting, orders: tuple[Order, ...]) -> list[Planned]:
    history = remembered(wanted.output_dir)
    return plan(orders, history, wanted.output_dir, now=setting.now, retry_failed=execution.retry_failed)


def _facts(wanted: Plan, setting: _Setting) -> RunFacts:
    profile = setting.bound.resolved()
    return RunFacts(wanted.output_dir, tuple(sys.argv), wanted.options(), versions(), profile, setting.now.program)


def _finish_reviews(output_dir: Path, registry: Registry) -> None:
    """Carry out what a review was stopped in the middle of: it names segments by ids, which are others' afterwards."""
    if unfinished_segments(output_dir):
        resume(output_dir, refreshing(registry), registry)


def _carry_decisions(setting: _Setting, result: BatchResult) -> tuple[Followed | None, bool]:
    """Have decisions follow what is still the same; return what came along, if anything, and whether that failed."""
    try:
        followed = carry_decisions(setting.job.output_dir, setting.registry)
    except SlcelebError as error:
        if result.stopped is None:  # else it is the same full disk, which is said in a moment
            logs.report(log, error)
        return None, True
    except Exception:
        log.exception("decisions of reviews could not come along; they stand in the earlier results")
        return None, True
    return (followed if followed != Followed() else None), False


def _judge_voices(
    setting: _Setting, result: BatchResult, context: StageContext, *, shown: bool
) -> tuple[corpus_voices.Outcome | None, bool]:
    """Judge voices where the profile asks for it, once nothing is left to be done; return whether that failed."""
    bound = setting.bound.voice
    if bound is None or result.interrupted or result.stopped is not None:
        return None, False
    gates = setting.bound.profile.gates
    try:
        made = corpus_voices.at_the_end(setting.job.output_dir, bound, gates, setting.registry, context, shown=shown)
    except SlcelebError as error:
        logs.report(log, error)
        return None, True
    except Exception:
        log.exception("voices could not be judged; the results of each video stand")
        return None, True
    return made, False


def _conclude(setting: _Setting, result: BatchResult, run_info: RunInfo) -> bool:
    """Write what is about the whole batch; return whether something was in the way, which has been said."""
    trouble = False
    for step in (
        lambda: collect(setting.bound, run_info.job.output_dir),
        lambda: write_summary(summarise(result, run_info), run_info.job.output_dir),
    ):
        try:
            step()
        except SlcelebError as error:
            trouble = True
            if result.stopped is None:  # else it is the same full disk, which is said in a moment
                logs.report(log, error)
        except Exception:
            trouble = True
            log.exception("what is about all videos could not be written; the results of each stand")
    return trouble
