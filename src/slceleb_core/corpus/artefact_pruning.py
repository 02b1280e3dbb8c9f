"""Which intermediate results may stay when somebody is taken out of a corpus.

They lie in files that are called by hashes, of whatever videos and profiles there ever were. So nothing is looked for
that is the person's: what is known to be of videos in which they were not seen stays, and all else is deleted. It is
a cache: what is missing is made again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from slceleb_core.artefacts.cuts import KIND as CLIPS
from slceleb_core.artefacts.cuts import kept_clips
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
"""Kinds that are of one video each. Photos cannot be told apart; clips are known by what is stated of them, or by being
the same file as one that lies among the results."""


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
    gone = forget_clips(output_dir, videos)
    for path in sorted(root.rglob("*")):
        if path.is_dir():
            continue
        kind = path.relative_to(root).parts[0]
        stays = kind == CLIPS or (kind in STEPS and path.stem in known)
        gone += 0 if stays else delete(path)
    return gone


def forget_clips(
    output_dir: Path, videos: Iterable[Recording], going: Collection[str] = (), untouched: Collection[str] = ()
) -> int:
    """Delete kept clips but those of segments that stay, and return how many files that were.

    Parameters
    ----------
    output_dir
        The corpus.
    videos
        Those whose segments stay.
    going
        Ids of segments of theirs that go nevertheless.
    untouched
        Fingerprints of videos of which every clip stays, whichever profile it was cut for.

    Raises
    ------
    OSError
        Something cannot be deleted.
    """
    stretches: set[tuple[str, float, float]] = set()
    files: set[tuple[int, int]] = set()
    for video in videos:
        for utterance in (heard for heard in video.utterances if heard.id not in going):
            stretches.add(_stretch(video.fingerprint, utterance.segment.start, utterance.segment.end))
            files |= {_number(path) for path in (utterance.audio, utterance.video) if path is not None}
    gone = 0
    for kept in kept_clips(output_dir / ARTEFACTS):
        told = kept.video and (kept.video in untouched or _stretch(kept.video, kept.start, kept.end) in stretches)
        if not told and not (kept.clip.is_file() and _number(kept.clip) in files):
            gone += delete(kept.clip) + delete(kept.note)
    return gone


def _stretch(fingerprint: str, start: float, end: float) -> tuple[str, float, float]:
    """Return what a clip is of, to the millisecond: tables have no more."""
    return fingerprint, round(start, 3), round(end, 3)


def _number(path: Path) -> tuple[int, int]:
    """Return what is the same of two names of one file."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino


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
