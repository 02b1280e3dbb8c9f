"""Bringing the files of a group together: on one clock, with one of them heard."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slceleb_core.disk.naming import readable
from slceleb_core.errors import OneVideoError, UsageError, VideoError
from slceleb_core.jobs import Camera
from slceleb_core.media.clocks import Clock
from slceleb_core.media.generated import refuse_generated
from slceleb_core.media.soundtracks import choose_sound
from slceleb_core.media.synchrony import Placement, Recording, Synchrony, synchronise
from slceleb_core.media.video import probe
from slceleb_core.run._view import CameraFile
from slceleb_core.run.group_run import Group, Microphone
from slceleb_core.types import JsonValue, VideoInfo

log = logging.getLogger(__name__)

DIGITS = 9
"""Decimals of offsets and drifts that are kept: a nanosecond, so that they are the same wherever they are measured."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The files of a group, as they are named.

    Attributes
    ----------
    name
        What the group is called.
    cameras
        Its files.
    microphone
        Which of them is heard: a camera's name, or a file; empty: the one that is heard best.
    """

    name: str
    cameras: tuple[Camera, ...]
    microphone: str = ""


def assemble(ensemble: Ensemble, fingerprints: Mapping[Path, str], audio_track: str = "") -> Group:
    """Return a group whose files have been brought together.

    Parameters
    ----------
    ensemble
        The files.
    fingerprints
        Of each.
    audio_track
        Which audio track is listened to, where a file does not say so itself; empty: the usual one.

    Raises
    ------
    VideoError
        No two of the files belong together, or none of them has pictures; or there is no room for their sound.
    OneVideoError
        Two cameras have one name, or the one that is to be heard is none of them, or has no sound; or a file states
        that a trained model made it, or part of it.
    """
    for camera in ensemble.cameras:
        refuse_generated(camera.video)
    recordings = [
        Recording(camera.video, camera.name, camera.audio_track or audio_track, camera.offset)
        for camera in ensemble.cameras
    ]
    try:
        placed = synchronise(recordings, _reference(ensemble))
    except UsageError as error:  # of this group: other videos are not concerned
        raise OneVideoError(f"the group {ensemble.name}: {error.message}", error.hint) from error
    if not placed.holds:
        why = "; ".join(f"{refused.camera}: {refused.reason}" for refused in placed.refused)
        raise VideoError(
            f"the files of the group {ensemble.name} do not belong together: {why}",
            "name the files of one event, or give each its offset; `slceleb sync` shows what was tried",
        )
    return _group(ensemble, placed, {one.path: one.audio_track for one in recordings}, fingerprints)


def _reference(ensemble: Ensemble) -> str | None:
    """Return whose clock is that of the group while it is brought together: of what is heard, or of offsets."""
    if ensemble.microphone:
        return ensemble.microphone
    told = next((camera for camera in ensemble.cameras if camera.offset == 0.0), None)
    given = any(camera.offset is not None for camera in ensemble.cameras)
    chosen = told or (ensemble.cameras[0] if given else None)
    return None if chosen is None else chosen.name or str(chosen.video)


def _group(
    ensemble: Ensemble, placed: Synchrony, tracks: Mapping[Path, str], fingerprints: Mapping[Path, str]
) -> Group:
    shown: list[tuple[Placement, VideoInfo]] = []
    notes = [*placed.notes, *(note for placement in placed.placements for note in placement.notes)]
    notes += [f"left out of the group: {refused.camera}: {refused.reason}" for refused in placed.refused]
    for placement in placed.placements:
        try:
            shown.append((placement, probe(placement.path)))
        except VideoError as error:
            notes.append(f"{placement.camera} is only heard: {error.message}")
    if not shown:
        raise VideoError(f"no file of the group {ensemble.name} has pictures", "name the cameras' files, too")
    heard = _heard(ensemble, placed, tracks)
    main = next((one for one, _ in shown if heard is not None and one.path == heard.path), None)
    main = main or max(shown, key=lambda pair: pair[1].duration or 0.0)[0]
    to_main = partial(_by, main.clock.inverse())
    ordered = [main, *(one for one, _ in shown if one is not main)]
    cameras = tuple(_camera(one, to_main(one.clock), tracks, fingerprints) for one in ordered)
    source = heard or main
    microphone = Microphone(
        readable(source.camera), source.path, to_main(source.clock), tracks[source.path], fingerprints[source.path]
    )
    for note in notes:
        log.warning("group %s: %s", ensemble.name, note)
    return Group(ensemble.name, cameras, microphone, tuple(map(readable, notes)))


def _heard(ensemble: Ensemble, placed: Synchrony, tracks: Mapping[Path, str]) -> Placement | None:
    """Return the file that is heard: the reference, or the first one with a sound; None where none has."""
    first = sorted(placed.placements, key=lambda placement: placement.camera != placed.reference)
    sounding = [one for one in first if choose_sound(one.path, tracks[one.path]).track is not None]
    if ensemble.microphone and (not sounding or sounding[0] is not first[0]):
        raise OneVideoError(
            f"the microphone {ensemble.microphone} of the group {ensemble.name} has no sound", "name another one"
        )
    return sounding[0] if sounding else None


def _by(further: Clock, clock: Clock) -> Clock:
    """Return a clock told by a third one, to as many decimals as are kept: itself, told by itself, is the same."""
    told = clock.then(further)
    return Clock(round(told.offset, DIGITS), round(told.drift, DIGITS))


def _camera(found: Placement, clock: Clock, tracks: Mapping[Path, str], fingerprints: Mapping[Path, str]) -> CameraFile:
    told: dict[str, JsonValue] = {
        "placed_by": found.source,
        "confidence": round(found.confidence, 3),
        "windows": found.windows,
        "residual_ms": round(found.residual_ms, 3),
    }
    if (found.valid.start, found.valid.end) != (None, None):
        told["valid"] = [found.valid.start, found.valid.end]
    return CameraFile(
        readable(found.camera),
        found.path,
        clock,
        found.valid,
        tracks[found.path],
        fingerprints[found.path],
        told,
    )
