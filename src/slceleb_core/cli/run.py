"""``slceleb run``: photos and videos in, labelled segments out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from slceleb_core.batch.retrying import RetryPolicy
from slceleb_core.cli.options import FROM_OUTPUT_DIR, JsonOption, SetOption, completing, profile_names, runner_names
from slceleb_core.profiles import DEFAULT_PROFILE

EPILOG = (
    "The same command again goes on where it stopped: a video that is done is not touched again while the file, the "
    "profile and the photos stay as they were."
    "\n\n"
    "Exit codes: 0 every video is done; 1 a video failed, the others are done; 2 nothing, or nothing more, can be done "
    "with these options, this profile, these plugins, photos, models or this output folder (a full disk); 130 "
    "interrupted with Ctrl-C: finished videos stay, those that were running leave nothing."
    "\n\n"
    "Warnings and errors are also added to slceleb.log in the output folder, with tracebacks; the file is made when "
    "there is the first of them."
)

PATIENCE = RetryPolicy()
"""How patient a batch is unless it is told otherwise."""

INPUTS, SCALE, TROUBLE = "Inputs", "Scale", "When something goes wrong"
"""Panels of the help."""


class ResumingCommand(TyperCommand):
    """A command whose ``--resume`` may stand without a value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        followed = zip(args, [*args[1:], "-"], strict=False)  # without a word there is none to follow either
        bare = [word == "--resume" and following.startswith("-") for word, following in followed]
        given = [f"--resume={FROM_OUTPUT_DIR}" if alone else word for word, alone in zip(args, bare, strict=True)]
        return super().parse_args(ctx, given)


def run(
    videos: Annotated[
        list[str] | None,  # a path would lose a slash of an address, which is to be named as what it is
        typer.Argument(metavar="VIDEO", help="Video files.", show_default=False, path_type=str),
    ] = None,
    *,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", metavar="DIR", help="Where results go, in one folder a video."),
    ] = None,
    video_dir: Annotated[
        list[Path] | None,
        typer.Option(
            "--video-dir",
            metavar="DIR",
            help="All videos of a folder and its subfolders; can be repeated.",
            rich_help_panel=INPUTS,
        ),
    ] = None,
    pattern: Annotated[
        list[str] | None,
        typer.Option(
            "--pattern",
            metavar="GLOB",
            help="Of --video-dir, only files whose name, or path below it, matches, such as '*.mkv'; can be repeated.",
            rich_help_panel=INPUTS,
        ),
    ] = None,
    video_list: Annotated[
        list[Path] | None,
        typer.Option(
            "--video-list",
            metavar="FILE",
            help="Videos a line each; or CSV, YAML or JSON with columns video, poi, start, end, id, audio_track; "
            "can be repeated.",
            rich_help_panel=INPUTS,
        ),
    ] = None,
    poi_dir: Annotated[
        Path | None,
        typer.Option(
            "--poi-dir",
            metavar="DIR",
            help="Photos of the persons of interest: DIR/<person>/*.jpg or DIR/<person>.jpg. "
            "Without it every face is scored and labelled by its track.",
            rich_help_panel=INPUTS,
        ),
    ] = None,
    poi: Annotated[
        list[str] | None,
        typer.Option(
            "--poi",
            metavar="NAME",
            help="Look only for this person of the photos; can be repeated.",
            rich_help_panel=INPUTS,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME|FILE",
            help=f"A shipped profile, or a YAML file.  [default: {DEFAULT_PROFILE}]",
            autocompletion=completing(profile_names),
        ),
    ] = None,
    overrides: SetOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="NAME", help="The recognizer's model: short for --set embed.options.model=NAME."
        ),
    ] = None,
    audio_track: Annotated[
        str | None,
        typer.Option(
            "--audio-track",
            metavar="N|LANGUAGE",
            help="Listen to this audio track, counted from 1, or of this language: short for --set audio.track=N. "
            "[default: the first that is marked default, or else the first]",
        ),
    ] = None,
    max_frames: Annotated[
        int | None, typer.Option("--max-frames", metavar="N", min=1, help="Stop each video after so many frames.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=1,
            help="Videos at the same time.  [default: as many as processors and memory allow; with a GPU, one]",
            rich_help_panel=SCALE,
        ),
    ] = None,
    runner: Annotated[
        str | None,
        typer.Option(
            "--runner",
            metavar="NAME",
            help="Who carries out the videos: pool (processes of this machine), inline (this process), or a plugin.  "
            "[default: SLCELEB_RUNNER, or pool]",
            autocompletion=completing(runner_names),
            rich_help_panel=SCALE,
        ),
    ] = None,
    runner_option: Annotated[
        list[str] | None,
        typer.Option(
            "--runner-option",
            metavar="NAME=VALUE",
            help="An option of the runner, such as address=ray://head:10001; can be repeated.",
            rich_help_panel=SCALE,
        ),
    ] = None,
    keep_artefacts: Annotated[
        bool,
        typer.Option(
            "--artefacts/--no-artefacts",
            help="Keep intermediate results in OUTPUT_DIR/.artefacts, so that another profile redoes only what it "
            "changes.",
            rich_help_panel=SCALE,
        ),
    ] = True,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            metavar="[FILE]",
            help="Go on with the batch of --output-dir, or of this batch_checkpoint.json: its videos, photos and "
            "profile, where this command names no others.",
            rich_help_panel=TROUBLE,
        ),
    ] = None,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Try videos again that failed before.", rich_help_panel=TROUBLE),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be done, and why; do nothing.", rich_help_panel=TROUBLE),
    ] = False,
    checkpoint_interval: Annotated[
        int,
        typer.Option(
            "--checkpoint-interval",
            metavar="N",
            min=1,
            help="Write batch_checkpoint.json after so many videos; in a large batch after a fiftieth of it.",
            rich_help_panel=TROUBLE,
        ),
    ] = PATIENCE.checkpoint_interval,
    retries: Annotated[
        int,
        typer.Option(
            "--retries",
            metavar="N",
            min=0,
            help="Try a video again so often after a fault that may pass: a worker that died, a network disk.",
            rich_help_panel=TROUBLE,
        ),
    ] = PATIENCE.retries,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            min=1,
            help="Give up a video that takes longer.  [default: no limit]",
            rich_help_panel=TROUBLE,
        ),
    ] = None,
    stall_timeout: Annotated[
        float,
        typer.Option(
            "--stall-timeout",
            metavar="SECONDS",
            min=1,
            help="Give up a video that shows no progress for so long.",
            rich_help_panel=TROUBLE,
        ),
    ] = PATIENCE.stall,
    as_json: JsonOption = False,
) -> None:
    """Find who is seen speaking, and write labelled segments."""
    from slceleb_core.cli import batch
    from slceleb_core.cli.request import Inputs, Request, complete
    from slceleb_core.cli.session import telling
    from slceleb_core.cli.surroundings import check_surroundings

    check_surroundings()
    request = Request(
        inputs=Inputs(tuple(videos or ()), tuple(video_dir or ()), tuple(pattern or ()), tuple(video_list or ())),
        output_dir=output_dir,
        poi_dir=poi_dir,
        poi=tuple(poi or ()),
        profile=profile,
        overrides=(
            *(overrides or ()),
            *([] if model is None else [f"embed.options.model={model}"]),
            *([] if audio_track is None else [f"audio.track={json.dumps(audio_track)}"]),  # no is a language, too
        ),
        max_frames=max_frames,
        artefacts=keep_artefacts,
    )
    how = batch.ExecutionOptions(
        jobs=jobs,
        runner=runner,
        runner_options=tuple(runner_option or ()),
        policy=RetryPolicy(
            retries=retries, timeout=timeout, stall=stall_timeout, checkpoint_interval=checkpoint_interval
        ),
        retry_failed=retry_failed,
        as_json=as_json,
    )
    with telling():
        plan = complete(request, resume)
    raise typer.Exit(batch.preview(plan, how) if dry_run else batch.carry_out(plan, how))
