"""Bringing the files of a group together: on one clock, with one of them heard."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slceleb_core.disk.naming import readable
from slceleb_core.errors import OneVideoError, UsageError, VideoError, did_you_mean
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
    microphone = _microphone(ensemble)
    reference = _reference(ensemble, microphone)
    begin = 0.0 if reference is None else reference.offset or 0.0
    recordings = [
        Recording(
            camera.video,
            camera.name,
            camera.audio_track or audio_track,
            None if camera.offset is None else camera.offset - begin,
        )
        for camera in ensemble.cameras
    ]
    try:
        placed = synchronise(recordings, None if reference is None else reference.name or str(reference.video))
    except UsageError as error:  # of this group: other videos are not concerned
        raise OneVideoError(f"the group {ensemble.name}: {error.message}", error.hint) from error
    if not placed.holds:
        why = "; ".join(f"{refused.camera}: {refused.reason}" for refused in placed.refused)
        raise VideoError(
            f"the files of the group {ensemble.name} do not belong together: {why}",
            "name the files of one event, or give each its offset; `slceleb sync` shows what was tried",
        )
    for placement in placed.placements:  # what has no place is not looked at, and may be no video at all
        refuse_generated(placement.path)
    return _group(ensemble, placed, microphone, {one.path: one.audio_track for one in recordings}, fingerprints)


def _microphone(ensemble: Ensemble) -> Camera | None:
    """Return the file that is to be heard; None: the one that is heard best."""
    wanted = ensemble.microphone
    if not wanted:
        return None
    called = [(camera.name, str(camera.video), camera.video.name, camera.video.stem) for camera in ensemble.cameras]
    for names_of in zip(*called, strict=True):  # what a camera is called comes before what its file is
        if wanted in names_of:
            return ensemble.cameras[names_of.index(wanted)]
    names = [camera.name or camera.video.name for camera in ensemble.cameras]
    what = f"the group {ensemble.name}: its microphone {wanted} is none of its files"
    raise OneVideoError(what, did_you_mean(wanted, names))


def _reference(ensemble: Ensemble, microphone: Camera | None) -> Camera | None:
    """Return the file whose clock the others are told by at first; None: whichever shares most sound.

    Offsets are seconds of one clock. It is that of a file whose offset is 0; where there is none, that of a file of
    which none is given, what is heard before others; and else of no file at all.
    """
    given = [camera for camera in ensemble.cameras if camera.offset is not None]
    if not given:
        return microphone
    free = [camera for camera in (microphone, *ensemble.cameras) if camera is not None and camera.offset is None]
    return next((camera for camera in given if camera.offset == 0.0), (*free, *given)[0])


def _group(
    ensemble: Ensemble,
    placed: Synchrony,
    wanted: Camera | None,
    tracks: Mapping[Path, str],
    fingerprints: Mapping[Path, str],
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
    heard = _heard(ensemble, placed, wanted, tracks)
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


def _heard(
    ensemble: Ensemble, placed: Synchrony, wanted: Camera | None, tracks: Mapping[Path, str]
) -> Placement | None:
    """Return the file that is heard: the one that is wanted, the reference, or the first with a sound; None: none has.

    Raises
    ------
    OneVideoError
        The one that is wanted has no place, or no sound.
    """
    first = sorted(placed.placements, key=lambda placement: placement.camera != placed.reference)
    named = [one for one in first if wanted is None or one.path == wanted.video]
    sounding = [one for one in named if choose_sound(one.path, tracks[one.path]).track is not None]
    if wanted is not None and not sounding:
        why = next((refused.reason for refused in placed.refused if refused.recording.path == wanted.video), "no sound")
        what = f"the microphone {ensemble.microphone} of the group {ensemble.name} cannot be heard: {why}"
        raise OneVideoError(what, "name another one")
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
