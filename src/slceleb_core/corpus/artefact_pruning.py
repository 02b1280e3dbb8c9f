"""Which intermediate results may stay when somebody is taken out of a corpus.

They lie in files that are called by hashes, of whatever videos and profiles there ever were. So nothing is looked for
that is the person's: what is known to be of videos in which they were not seen stays, and all else is deleted. It is
a cache: what is missing is made again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from slceleb_core.artefacts.keys import Keyring
from slceleb_core.corpus.editing import delete
from slceleb_core.corpus.reading import Recording
from slceleb_core.errors import SlcelebError
from slceleb_core.profile import bind, profile_of
from slceleb_core.registry import Registry
from slceleb_core.settings import load_settings

log = logging.getLogger(__name__)

ARTEFACTS = ".artefacts"
"""Folder of the intermediate results in an output folder."""

STEPS = ("faces", "meshes", "embeddings", "observations", "scores")
"""Kinds that are of one video each. Photos cannot be told apart; clips are known by being the same file."""


def forget(output_dir: Path, untouched: Iterable[Recording], registry: Registry, limits: Iterable[int | None]) -> int:
    """Delete all intermediate results but those of untouched videos, and return how many files that were.

    Parameters
    ----------
    output_dir
        The corpus.
    untouched
        The videos that stay as they are.
    registry
        The plugins: what is kept is found by what would be asked for.
    limits
        After how many frames videos may have been left (``--max-frames``).

    Raises
    ------
    OSError
        Something cannot be deleted.
    """
    root = output_dir / ARTEFACTS
    videos = tuple(untouched)
    known = set(_keys(videos, registry, tuple(limits)))
    clips = {(stat.st_dev, stat.st_ino) for one in videos for stat in _files(one.folder / "clips")}
    gone = 0
    for path in sorted(root.rglob("*")):
        if path.is_dir():
            continue
        kind = path.relative_to(root).parts[0]
        stays = path.stem in known if kind in STEPS else kind == "cut" and _is_clip(path, clips)
        gone += 0 if stays else delete(path)
    return gone


def _files(folder: Path) -> Iterator[Any]:
    return (path.stat() for path in folder.rglob("*") if path.is_file())


def _is_clip(path: Path, clips: set[tuple[int, int]]) -> bool:
    """Tell whether a kept clip, or the note beside it, is of a clip that stays: the same file, by its number."""
    clip = path.with_suffix(".clip")
    try:
        stat = clip.stat()
    except FileNotFoundError:
        return False
    return (stat.st_dev, stat.st_ino) in clips


def _keys(videos: Iterable[Recording], registry: Registry, limits: tuple[int | None, ...]) -> Iterator[str]:
    rings: dict[str, Keyring | None] = {}
    for video in videos:
        provenance = video.report().get("provenance") or {}
        told = json.dumps(provenance.get("profile"), sort_keys=True)
        if told not in rings:
            rings[told] = _keyring(provenance.get("profile"), registry)
        ring = rings[told]
        if ring is not None:
            part = provenance.get("part") or {}
            bounds = [part.get("start"), part.get("end")]
            track = (provenance.get("audio") or {}).get("asked", "")
            for limit in {None, *limits}:
                keys = ring.steps(video.fingerprint, bounds, limit, track)
                yield from (keys.faces, keys.observations, keys.scores, ring.embeddings(keys.faces))


def _keyring(profile: Mapping[str, Any] | None, registry: Registry) -> Keyring | None:
    """Return what gives the keys of a profile; None where it cannot be had any more, as a plugin is gone."""
    if not profile:
        return None
    try:
        bound = bind(profile_of(deepcopy(dict(profile)), (), "of the corpus"), registry)
        ring = Keyring(bound, registry, load_settings().stage_context())
        ring.embeddings(ring.steps("").faces)  # what stages say of themselves is asked for here
    except SlcelebError as error:
        log.debug("intermediate results cannot be told apart: %s", error)
        return None
    return ring
