"""``slceleb run``: photos and videos in, labelled segments out."""

from __future__ import annotations

import json

import typer

from slceleb_core.batch.retrying import RetryPolicy
from slceleb_core.cli.options import JsonOption, SetOption
from slceleb_core.cli.run_options import (
    ArtefactsOption,
    AudioTrackOption,
    CheckpointIntervalOption,
    DryRunOption,
    GroupOption,
    JobsOption,
    MaxFramesOption,
    MicrophoneOption,
    ModelOption,
    OffsetOption,
    OutputDirOption,
    PatternOption,
    PoiDirOption,
    PoiOption,
    ProfileOption,
    RedoOption,
    ResumeOption,
    RetriesOption,
    RetryFailedOption,
    RunnerOption,
    RunnerOptionOption,
    StallTimeoutOption,
    TimeoutOption,
    VideoDirOption,
    VideoListOption,
    VideosArgument,
    ViewsOption,
)

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


def run(
    videos: VideosArgument = None,
    *,
    output_dir: OutputDirOption = None,
    video_dir: VideoDirOption = None,
    pattern: PatternOption = None,
    video_list: VideoListOption = None,
    group: GroupOption = None,
    microphone: MicrophoneOption = None,
    offset: OffsetOption = None,
    views: ViewsOption = "best",
    poi_dir: PoiDirOption = None,
    poi: PoiOption = None,
    profile: ProfileOption = None,
    overrides: SetOption = None,
    model: ModelOption = None,
    audio_track: AudioTrackOption = None,
    max_frames: MaxFramesOption = None,
    jobs: JobsOption = None,
    runner: RunnerOption = None,
    runner_option: RunnerOptionOption = None,
    keep_artefacts: ArtefactsOption = True,
    resume: ResumeOption = None,
    redo: RedoOption = None,
    retry_failed: RetryFailedOption = False,
    dry_run: DryRunOption = False,
    checkpoint_interval: CheckpointIntervalOption = PATIENCE.checkpoint_interval,
    retries: RetriesOption = PATIENCE.retries,
    timeout: TimeoutOption = None,
    stall_timeout: StallTimeoutOption = PATIENCE.stall,
    as_json: JsonOption = False,
) -> None:
    """Find who is seen speaking, and write labelled segments."""
    from slceleb_core.batch.grouping import Wanted, checked_name
    from slceleb_core.cli import batch
    from slceleb_core.cli.request import Inputs, Request, complete
    from slceleb_core.cli.session import telling
    from slceleb_core.cli.surroundings import check_surroundings

    check_surroundings()
    with telling():
        called = "" if group is None else checked_name(group, "--group")
    of_group = Wanted(called, tuple(offset or ()), microphone or "", views)
    request = Request(
        inputs=Inputs(
            tuple(videos or ()), tuple(video_dir or ()), tuple(pattern or ()), tuple(video_list or ()), of_group
        ),
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
        redo=redo,
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
