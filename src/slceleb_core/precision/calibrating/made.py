"""What a folder was made with: the one profile of all its videos, and the plugins and models that took part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slceleb_core.artefacts.keys import digest
from slceleb_core.artefacts.promises import digest_of_profile, stages_of
from slceleb_core.corpus.reading import recording_folders
from slceleb_core.corpus.verdicts import left_out
from slceleb_core.disk.output import statement_of
from slceleb_core.errors import UsageError

ONE = "run all videos with one profile into one folder, or calibrate another folder"

HEAR = "`slceleb corpus voices OUTPUT_DIR` judges those of all videos"
"""What to do where voices of some videos were judged, and of others not, or otherwise."""

VOICE = "voice"
"""The section of a profile, and the role among the stages, of what is asked of voices."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a folder was made with.

    Attributes
    ----------
    profile
        With every default written out.
    stages
        By role: which plugin, of which version, with which model files.
    """

    profile: Mapping[str, Any]
    stages: Mapping[str, Mapping[str, Any]]


def read_made(output_dir: Path) -> Made:
    """Return what a folder was made with.

    Raises
    ------
    UsageError
        There is no finished video in it, its videos were made with several profiles, plugins or models, or one of them
        before results stated with what.
    """
    told = {folder.name: _told(folder) for folder in recording_folders(output_dir)}
    heard = next((stages[VOICE] for _, stages, spoken in told.values() if spoken and VOICE in stages), None)
    found: dict[str, tuple[str, Made]] = {}
    for name, (profile, stages, spoken) in told.items():
        made = _made(profile, stages if spoken else _as_heard(stages, heard))
        found.setdefault(digest([digest_of_profile(made.profile), dict(made.stages)]), (name, made))
    if not found:
        raise UsageError(f"no finished video in {output_dir}", "name the output folder of slceleb run")
    (name, made), *others = found.values()
    if others:
        beside, other = others[0]
        if made.stages.get(VOICE) != other.stages.get(VOICE):
            raise UsageError(f"voices of {name} and {beside} in {output_dir} were not judged by the same stage", HEAR)
        what = _difference(made, other)
        raise UsageError(f"{name} and {beside} in {output_dir} were made with another {what}", ONE)
    return made


def _told(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Any], bool]:
    """Return the profile and the stages that a video's results state, and whether somebody speaks in it."""
    stated = statement_of(folder)
    report: Any = stated.get("report") or {}
    told = report.get("provenance") or {}
    if not told.get("profile") or not isinstance(told.get("stages"), dict):
        raise UsageError(f"{folder} does not say with which profile it was made", "run its video again")
    return told["profile"], told["stages"], bool(report.get("segments") or left_out(stated))


def _made(profile: Mapping[str, Any], stages: Mapping[str, Any]) -> Made:
    return Made(_with_voices(profile, stages), stages_of(stages))


def _as_heard(stages: Mapping[str, Any], heard: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the stages of a video in which nobody speaks, so that no voice was judged, as if one had been."""
    others = {role: stage for role, stage in stages.items() if role != VOICE}
    return others if heard is None else {**others, VOICE: heard}


def _with_voices(profile: Mapping[str, Any], stages: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a profile that asks for voices where that was done over the finished folder, in a step of its own."""
    told = stages.get(VOICE) or {}
    if not told.get("use"):
        return profile
    return {**profile, VOICE: told["use"], "gates": {**(profile.get("gates") or {}), **(told.get("gates") or {})}}


def _difference(one: Made, other: Made) -> str:
    """Return in what two differ, in a word or two."""
    for name in one.profile:
        if name not in ("evidence", "sinks") and one.profile[name] != other.profile.get(name):
            return f"profile: see its section {name}"
    differing = [role for role in one.stages if one.stages[role] != other.stages.get(role)]
    return differing[0] if differing else "profile"
