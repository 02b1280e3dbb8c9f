"""What a folder was made with: the one profile of all its videos, and the plugins and models that took part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slceleb_core.artefacts.keys import digest
from slceleb_core.artefacts.promises import digest_of_profile, stages_of
from slceleb_core.corpus.reading import recording_folders
from slceleb_core.disk.output import statement_of
from slceleb_core.errors import UsageError

ONE = "run all videos with one profile into one folder, or calibrate another folder"


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
    found: dict[str, tuple[str, Made]] = {}
    for folder in recording_folders(output_dir):
        made = _of(folder)
        found.setdefault(digest([digest_of_profile(made.profile), dict(made.stages)]), (folder.name, made))
    if not found:
        raise UsageError(f"no finished video in {output_dir}", "name the output folder of slceleb run")
    (name, made), *others = found.values()
    if others:
        what = _difference(made, others[0][1])
        raise UsageError(f"{name} and {others[0][0]} in {output_dir} were made with another {what}", ONE)
    return made


def _of(folder: Path) -> Made:
    told: Any = (statement_of(folder).get("report") or {}).get("provenance") or {}
    if not told.get("profile") or not isinstance(told.get("stages"), dict):
        raise UsageError(f"{folder} does not say with which profile it was made", "run its video again")
    return Made(_with_voices(told["profile"], told["stages"]), stages_of(told["stages"]))


def _with_voices(profile: Mapping[str, Any], stages: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a profile that asks for voices where that was done over the finished folder, in a step of its own."""
    told = stages.get("voice") or {}
    if not told.get("use"):
        return profile
    return {**profile, "voice": told["use"], "gates": {**(profile.get("gates") or {}), **(told.get("gates") or {})}}


def _difference(one: Made, other: Made) -> str:
    """Return in what two differ, in a word or two."""
    for name in one.profile:
        if name not in ("evidence", "sinks") and one.profile[name] != other.profile.get(name):
            return f"profile: see its section {name}"
    differing = [role for role in one.stages if one.stages[role] != other.stages.get(role)]
    return differing[0] if differing else "profile"
