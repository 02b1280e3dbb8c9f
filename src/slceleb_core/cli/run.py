"""``slceleb run``: photos and videos in, labelled segments out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import JsonOption, ProfileOption, SetOption
from slceleb_core.errors import UsageError
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from slceleb_core.cli.batch import Outcome
    from slceleb_core.cli.session import Session
    from slceleb_core.pipeline import Pipeline

EPILOG = (
    "Exit codes: 0 every video is done; 1 a video failed, the others are done; 2 nothing can be done with these "
    "options, this profile, these plugins, photos, models or this output folder; 130 interrupted with Ctrl-C: "
    "finished videos stay, the one that was running leaves nothing."
    "\n\n"
    "Warnings and errors are also added to slceleb.log in the output folder, with tracebacks; the file is made when "
    "there is the first of them."
)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done.

    Attributes
    ----------
    videos
        Each once.
    output_dir
        Where results go.
    poi_dir, poi
        The photos, None for no gallery; and the names to look for, empty for all.
    max_frames
        Stop each video after so many frames; None: at its end.
    watched
        Whether progress may be shown, and what was chosen be said.
    """

    videos: Sequence[Path]
    output_dir: Path
    poi_dir: Path | None
    poi: Sequence[str]
    max_frames: int | None
    watched: bool


def run(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO", help="Video files.", show_default=False)],
    *,
    output_dir: Annotated[
        Path,
        typer.Option("--output-dir", "-o", metavar="DIR", help="Where results go, in one folder a video."),
    ],
    poi_dir: Annotated[
        Path | None,
        typer.Option(
            "--poi-dir",
            metavar="DIR",
            help="Photos of the persons of interest: DIR/<person>/*.jpg or DIR/<person>.jpg. "
            "Without it every face is scored and labelled by its track.",
        ),
    ] = None,
    poi: Annotated[
        list[str] | None,
        typer.Option("--poi", metavar="NAME", help="Look only for this person of the photos; can be repeated."),
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    overrides: SetOption = None,
    max_frames: Annotated[
        int | None, typer.Option("--max-frames", metavar="N", min=1, help="Stop each video after so many frames.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find who is seen speaking, and write labelled segments."""
    from slceleb_core.cli import batch, summary
    from slceleb_core.cli.console import show_json, tell
    from slceleb_core.cli.session import session

    if poi and poi_dir is None:
        raise UsageError("--poi names a person, but there are no photos to know anyone by", "add --poi-dir DIR")
    once, repeated = batch.each_once(videos)
    for video in repeated:
        tell("note", f"{video} is given more than once; it is processed once")
    job = Job(once, output_dir, poi_dir, poi or (), max_frames, not as_json)
    with session() as current:
        outcomes = _run(job, current, current.pipeline(profile, overrides or ()), profile)
    if as_json:
        show_json(summary.as_json(outcomes, profile, output_dir, repeated))
    else:
        summary.show_summary(outcomes, output_dir)
    raise typer.Exit(batch.exit_code(outcomes))


def _run(job: Job, current: Session, pipeline: Pipeline, profile: str) -> list[Outcome]:
    """Process every video of a job, with a log beside the results."""
    from slceleb_core import logs
    from slceleb_core.cli.console import tell
    from slceleb_core.output import prepare

    prepare(job.output_dir)
    log_file = job.output_dir / logs.FILE_NAME
    with logs.attached(logs.LogFile(log_file, tell), current.settings.log_level), pipeline:
        return _process(job, pipeline, profile, log_file)


def _process(job: Job, pipeline: Pipeline, profile: str, log_file: Path) -> list[Outcome]:
    """Process every video of a job in an open pipeline."""
    from functools import partial

    from slceleb_core.cli.batch import process_all
    from slceleb_core.cli.progress import watcher
    from slceleb_core.cli.summary import tell_choices

    gallery = None if job.poi_dir is None else pipeline.enroll(job.poi_dir, job.poi)
    if job.watched:
        tell_choices(profile, pipeline.provenance(gallery))
    process = partial(pipeline.process, output_dir=job.output_dir, gallery=gallery, max_frames=job.max_frames)
    with watcher(shown=job.watched) as watching:
        return process_all(job.videos, lambda video, observer: process(video, observer=observer), watching, log_file)
