"""What a command asks for: put together from its options and, where it goes on with a batch, from the checkpoint."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from slceleb_core.batch.grouping import NO_GROUP, Wanted
from slceleb_core.batch.inputs import Gathered, assign_names, gather
from slceleb_core.batch.path_spelling import resolve_path
from slceleb_core.batch.resuming import Resumption, redo_of, resumption, unfinished_redo
from slceleb_core.cli.options import FROM_OUTPUT_DIR
from slceleb_core.disk.atomic import token
from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.jobs import REDONE, Item, Redo
from slceleb_core.profile import Profile, load_profile, profile_of
from slceleb_core.profiles import DEFAULT_PROFILE

USAGE = "usage: slceleb run VIDEO ... --poi-dir DIR --output-dir DIR; slceleb run --help tells the rest"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where videos are named.

    Attributes
    ----------
    videos, folders, patterns, lists
        Files, as they were written; folders of them, and which files there; lists of files.
    group
        What is said of the group that the files are.
    """

    videos: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    patterns: tuple[str, ...] = ()
    lists: tuple[Path, ...] = ()
    group: Wanted = NO_GROUP

    def __bool__(self) -> bool:
        return bool(self.videos or self.folders or self.lists) or self.group != NO_GROUP


@dataclass(frozen=True, slots=True)
class Request:
    """The options of a command that decide what is done, as they were given.

    Attributes
    ----------
    inputs
        The videos.
    output_dir, profile
        None where they were not given.
    poi_dir, poi
        The photos, and the names to look for.
    overrides
        ``path=value`` each.
    max_frames
        Stop each video after so many frames.
    artefacts
        Whether intermediate results are kept.
    redo
        From which stage on everything is made anew; None: nothing is.
    """

    inputs: Inputs
    output_dir: Path | None
    poi_dir: Path | None
    poi: tuple[str, ...]
    profile: str | None
    overrides: tuple[str, ...]
    max_frames: int | None
    artefacts: bool
    redo: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in full.

    Attributes
    ----------
    named
        The videos, in order, each with the name of its results folder.
    gathered
        What else was found where videos are named.
    output_dir
        Where results go.
    profile, profile_name
        What decides them, and what it was called.
    poi_dir, poi
        The photos, None for no gallery; and the names to look for, empty for all.
    max_frames
        Stop each video after so many frames; None: at its end.
    artefacts
        Whether intermediate results are kept.
    redo
        What is made anew; None: nothing.
    """

    named: tuple[tuple[str, Item], ...]
    gathered: Gathered
    output_dir: Path
    profile: Profile
    profile_name: str
    poi_dir: Path | None
    poi: tuple[str, ...]
    max_frames: int | None
    artefacts: bool
    redo: Redo | None

    def options(self) -> dict[str, Any]:
        """Return what a checkpoint has to keep beside videos and profile for :func:`complete`, JSON-ready."""
        return {
            "profile_name": self.profile_name,
            "poi_dir": None if self.poi_dir is None else str(self.poi_dir.absolute()),
            "poi": list(self.poi),
            "max_frames": self.max_frames,
            "artefacts": self.artefacts,
            "redo": None if self.redo is None else asdict(self.redo),
        }


def complete(request: Request, resume: str | None) -> Plan:
    """Return what is to be done.

    Parameters
    ----------
    request
        What was given.
    resume
        The checkpoint to go on with, :data:`FROM_OUTPUT_DIR` for that of the output folder; None: a command that says
        everything itself.

    Raises
    ------
    UsageError
        Something is missing, or does not hold.
    """
    if request.redo is not None and request.redo not in REDONE:
        hint = f"{did_you_mean(request.redo, REDONE)}; videos stand before --redo"
        raise UsageError(f"--redo {request.redo}: there is no such stage", hint)
    plan = _afresh(request) if resume is None else _going_on(request, resumption(_batch(request, resume)))
    if plan.poi and plan.poi_dir is None:
        raise UsageError("--poi names a person, but there are no photos to know anyone by", "add --poi-dir DIR")
    return plan


def _afresh(request: Request) -> Plan:
    if request.output_dir is None and not request.inputs:
        raise UsageError("no video and no output folder is given", USAGE)
    if request.output_dir is None:
        raise UsageError("no output folder is given", "add --output-dir DIR")
    if not request.inputs:
        raise UsageError("no video is given", "name videos, or add --video-dir DIR or --video-list FILE")
    name = request.profile or DEFAULT_PROFILE
    gathered = _gather(request.inputs, request.output_dir)
    return Plan(
        _named(gathered, request.output_dir),
        gathered,
        request.output_dir,
        load_profile(name, request.overrides),
        name,
        _photos(request),
        request.poi,
        request.max_frames,
        request.artefacts,
        _redo(request.redo, request.output_dir),
    )


def _redo(stage: str | None, output_dir: Path) -> Redo | None:
    """Return what is to be made anew: what is left of a redo that was broken off, where it is the same one."""
    if stage is None:
        return None
    left = unfinished_redo(output_dir)
    return left if left is not None and left.stage == stage else Redo(stage, token())


def _batch(request: Request, resume: str) -> Path:
    """Return the checkpoint or the output folder of the batch to go on with."""
    if resume != FROM_OUTPUT_DIR:
        return Path(resume)
    if request.output_dir is None:
        raise UsageError("--resume without a file needs the batch's output folder", "add --output-dir DIR")
    return request.output_dir


def _going_on(request: Request, before: Resumption) -> Plan:
    """Return the plan of an earlier run; what the command names itself goes before."""
    output_dir = request.output_dir or before.output_dir
    options: Mapping[str, Any] = before.options
    gathered = _gather(request.inputs, output_dir) if request.inputs else Gathered()
    return Plan(
        _named(gathered, output_dir) if request.inputs else before.items,
        gathered,
        output_dir,
        _profile(request, before),
        request.profile or options["profile_name"],
        _photos(request) or (None if options["poi_dir"] is None else Path(options["poi_dir"])),
        request.poi or tuple(options["poi"]),
        request.max_frames or options["max_frames"],
        request.artefacts and options["artefacts"],
        redo_of(options) if request.redo is None else _redo(request.redo, output_dir),
    )


def _profile(request: Request, before: Resumption) -> Profile:
    if request.profile is not None:
        return load_profile(request.profile, request.overrides)
    return profile_of(copy.deepcopy(dict(before.profile)), request.overrides, "of the earlier run")


def _gather(inputs: Inputs, output_dir: Path) -> Gathered:
    folders, lists = ([_there(path) for path in paths] for paths in (inputs.folders, inputs.lists))
    if inputs.group.name and (folders or lists):
        hint = "name its videos one by one; a list has a column group"
        raise UsageError(f"--group {inputs.group.name}: a group is of videos that are named here", hint)
    if not inputs.group.name and replace(inputs.group, views=NO_GROUP.views) != NO_GROUP:
        raise UsageError("--offset and --microphone say something of a group", "add --group NAME")
    return gather(inputs.videos, folders, inputs.patterns, lists, output_dir=output_dir, group=inputs.group)


def _there(path: Path) -> Path:
    """Return a folder or a list as the disk has it: without quotes, its accents composed or taken apart."""
    found = resolve_path(str(path), Path())
    return path if found.absence is not None else found.path


def _photos(request: Request) -> Path | None:
    """Return the folder of photos that a command names."""
    return None if request.poi_dir is None else _there(request.poi_dir)


def _named(gathered: Gathered, output_dir: Path) -> tuple[tuple[str, Item], ...]:
    return tuple(zip(assign_names(gathered.items, output_dir), gathered.items, strict=True))
