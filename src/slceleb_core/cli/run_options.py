"""The options of ``slceleb run``, as types: what each is called, and what its help says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from slceleb_core.cli.options import completing, profile_names, redone_stages, runner_names
from slceleb_core.profiles import DEFAULT_PROFILE

INPUTS, SCALE, TROUBLE = "Inputs", "Scale", "When something goes wrong"
"""Panels of the help."""

VideosArgument = Annotated[
    list[str] | None,  # a path would lose a slash of an address, which is to be named as what it is
    typer.Argument(metavar="VIDEO", help="Video files.", show_default=False, path_type=str),
]

OutputDirOption = Annotated[
    Path | None,
    typer.Option("--output-dir", "-o", metavar="DIR", help="Where results go, in one folder a video."),
]

VideoDirOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--video-dir",
        metavar="DIR",
        help="All videos of a folder and its subfolders; can be repeated.",
        rich_help_panel=INPUTS,
    ),
]

PatternOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pattern",
        metavar="GLOB",
        help="Of --video-dir, only files whose name, or path below it, matches, such as '*.mkv'; can be repeated.",
        rich_help_panel=INPUTS,
    ),
]

VideoListOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--video-list",
        metavar="FILE",
        help="Videos a line each; or CSV, YAML or JSON with columns video, poi, start, end, id, audio_track, and of "
        "groups of cameras group, camera, offset, microphone; can be repeated.",
        rich_help_panel=INPUTS,
    ),
]

GroupOption = Annotated[
    str | None,
    typer.Option(
        "--group",
        metavar="NAME",
        help="The videos are of one event, filmed by several cameras: they are brought together by their sound, and "
        "judged together.",
        rich_help_panel=INPUTS,
    ),
]

MicrophoneOption = Annotated[
    str | None,
    typer.Option(
        "--microphone",
        metavar="FILE",
        help="Of --group: the file that is heard; it need not have pictures.  [default: the one that is heard best]",
        rich_help_panel=INPUTS,
    ),
]

OffsetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--offset",
        metavar="FILE=SECONDS",
        help="Of --group: at which second of the group's clock this file has its PTS 0; can be repeated.  [default: "
        "found out]",
        rich_help_panel=INPUTS,
    ),
]

ViewsOption = Annotated[
    Literal["best", "all"],
    typer.Option(
        "--views",
        help="Of --group, and of the groups of lists: cut the pictures of the camera that shows a segment best, or of "
        "all that do.",
        rich_help_panel=INPUTS,
    ),
]

PoiDirOption = Annotated[
    Path | None,
    typer.Option(
        "--poi-dir",
        metavar="DIR",
        help="Photos of the persons of interest: DIR/<person>/*.jpg or DIR/<person>.jpg. "
        "Without it every face is scored and labelled by its track.",
        rich_help_panel=INPUTS,
    ),
]

PoiOption = Annotated[
    list[str] | None,
    typer.Option(
        "--poi",
        metavar="NAME",
        help="Look only for this person of the photos; can be repeated.",
        rich_help_panel=INPUTS,
    ),
]

ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "-p",
        metavar="NAME|FILE",
        help=f"A shipped profile, or a YAML file.  [default: {DEFAULT_PROFILE}]",
        autocompletion=completing(profile_names),
    ),
]

ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="The recognizer's model: short for --set embed.options.model=NAME."),
]

AudioTrackOption = Annotated[
    str | None,
    typer.Option(
        "--audio-track",
        metavar="N|LANGUAGE",
        help="Listen to this audio track, counted from 1, or of this language: short for --set audio.track=N. "
        "[default: the first that is marked default, or else the first]",
    ),
]

MaxFramesOption = Annotated[
    int | None, typer.Option("--max-frames", metavar="N", min=1, help="Stop each video after so many frames.")
]

JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        help="Videos at the same time.  [default: as many as processors and memory allow; with a GPU, one]",
        rich_help_panel=SCALE,
    ),
]

RunnerOption = Annotated[
    str | None,
    typer.Option(
        "--runner",
        metavar="NAME",
        help="Who carries out the videos: pool (processes of this machine), inline (this process), or a plugin.  "
        "[default: SLCELEB_RUNNER, or pool]",
        autocompletion=completing(runner_names),
        rich_help_panel=SCALE,
    ),
]

RunnerOptionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--runner-option",
        metavar="NAME=VALUE",
        help="An option of the runner, such as address=ray://head:10001; can be repeated.",
        rich_help_panel=SCALE,
    ),
]

ArtefactsOption = Annotated[
    bool,
    typer.Option(
        "--artefacts/--no-artefacts",
        help="Keep intermediate results in OUTPUT_DIR/.artefacts, so that another profile redoes only what it changes.",
        rich_help_panel=SCALE,
    ),
]

ResumeOption = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="[FILE]",
        help="Go on with the batch of --output-dir, or of this batch_checkpoint.json: its videos, photos and "
        "profile, where this command names no others.",
        rich_help_panel=TROUBLE,
    ),
]

RedoOption = Annotated[
    str | None,
    typer.Option(
        "--redo",
        metavar="[STAGE]",
        help="Make results that stand anew, from this stage on: detect, embed, speaker or sinks; without one, all.",
        autocompletion=completing(redone_stages),
        rich_help_panel=TROUBLE,
    ),
]

RetryFailedOption = Annotated[
    bool,
    typer.Option("--retry-failed", help="Try videos again that failed before.", rich_help_panel=TROUBLE),
]

DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help="Say what would be done, and why; do nothing.", rich_help_panel=TROUBLE),
]

CheckpointIntervalOption = Annotated[
    int,
    typer.Option(
        "--checkpoint-interval",
        metavar="N",
        min=1,
        help="Write batch_checkpoint.json after so many videos; in a large batch after a fiftieth of it.",
        rich_help_panel=TROUBLE,
    ),
]

RetriesOption = Annotated[
    int,
    typer.Option(
        "--retries",
        metavar="N",
        min=0,
        help="Try a video again so often after a fault that may pass: a worker that died, a network disk.",
        rich_help_panel=TROUBLE,
    ),
]

TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        min=1,
        help="Give up a video that takes longer.  [default: no limit]",
        rich_help_panel=TROUBLE,
    ),
]

StallTimeoutOption = Annotated[
    float,
    typer.Option(
        "--stall-timeout",
        metavar="SECONDS",
        min=1,
        help="Give up a video that shows no progress for so long.",
        rich_help_panel=TROUBLE,
    ),
]
