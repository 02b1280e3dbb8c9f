"""``slceleb resync``: lips and sound brought together by moving the time stamps of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slceleb_core.cli.options import JsonOption, ProfileOption, SetOption
from slceleb_core.profiles import DEFAULT_PROFILE

if TYPE_CHECKING:
    from slceleb_core.resyncing import Corrected
    from slceleb_core.run import MeasuredLag, Progress

EPILOG = (
    "Nothing is written where nothing needs to be done, or nothing can be: where the sound may lie within what is "
    "acceptable, drifts, is off by several lags, or belongs to nobody who is seen. Exit codes are those of slceleb: 0 "
    "also then."
)


def resync(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video file.", show_default=False)],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The corrected file; without it, NAME.resync.mp4 beside NAME.mp4."
        ),
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    overrides: SetOption = None,
    audio_track: Annotated[
        str | None,
        typer.Option("--audio-track", metavar="N|LANGUAGE", help="Measure this audio track, as for run."),
    ] = None,
    only_heard: Annotated[
        bool,
        typer.Option(
            "--only-heard",
            help="Move only the track that was measured; without it, all, as they come from one recording.",
        ),
    ] = False,
    early: Annotated[
        float, typer.Option("--early", metavar="MS", min=0, max=1200, help="How early a sound may be.")
    ] = 90.0,
    late: Annotated[
        float, typer.Option("--late", metavar="MS", min=0, max=1200, help="How late a sound may be.")
    ] = 185.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure and say it; write nothing.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also say what each shot shows.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure by how much the sound of a video is early or late, and write a file in which it is neither."""
    from slceleb_core.cli.console import afterwards
    from slceleb_core.cli.session import session
    from slceleb_core.resyncing import correct, target_of

    limits = early / 1000, late / 1000
    target = None if dry_run else target_of(video, output)
    with session() as running, running.pipeline(profile, overrides or ()) as pipeline:
        measured = pipeline.lag(video, audio_track=audio_track, observer=None if as_json else _told)
    lag, done = measured.finding.correction(*limits), None
    if target is not None and lag is not None:
        done = correct(video, target, lag, measured.sound if only_heard else None)
    with afterwards():
        _show(measured, done, limits, as_json=as_json, verbose=verbose)


def _told(progress: Progress) -> None:
    """Say how far it is, in one line that moves where stderr is a terminal."""
    from slceleb_core.cli.console import err

    if err.is_terminal:
        err.print(f"{progress.time:.0f} s", end="\r")


def _show(
    measured: MeasuredLag, done: Corrected | None, limits: tuple[float, float], *, as_json: bool, verbose: bool
) -> None:
    from slceleb_core.cli.console import out, say, show_json, tell
    from slceleb_core.resyncing import as_json as in_json
    from slceleb_core.resyncing import in_words, shots_in_words

    for warning in measured.warnings:
        tell("warning", warning)
    if as_json:
        show_json(in_json(measured, done))
        return
    say(out, in_words(measured.finding, *limits))
    if verbose:
        for line in shots_in_words(measured.finding.shots):
            say(out, f"  {line}")
    if done is not None:
        for line in done.in_words():
            say(out, line)
