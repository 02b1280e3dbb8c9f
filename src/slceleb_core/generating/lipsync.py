"""Lips made to fit another sound: one video, one person who has agreed to it, and marks that say what it is.

All that keeps this from being misused stands here, before anything is made, and not in whoever generates: a record of
consent, a mark on every picture, content credentials that are always there, and the refusal of what is generated
already. What is made can never enter a corpus: a run refuses it (``media.generated``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import cast

from slceleb_core.disk.atomic import scratch_file, whole_file, write_durably
from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.disk.syncing import sync_file, sync_folder
from slceleb_core.errors import UsageError, VideoError, did_you_mean
from slceleb_core.generating.certificate import Signing, demand_signing, own_signing
from slceleb_core.generating.choosing import Found, choose, demand_mesh
from slceleb_core.generating.consent import Recorded, demand_consent, read_consent
from slceleb_core.generating.making import Made, Maker
from slceleb_core.generating.marking import marked
from slceleb_core.generating.rows import FaceRows
from slceleb_core.generating.signing import Ingredient, manifest, sign
from slceleb_core.generating.writing import SoundSource, write
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.files import from_source
from slceleb_core.media.generated import refuse_generated
from slceleb_core.media.stamps import ASSUMED_RATE
from slceleb_core.media.ticks import tick_of
from slceleb_core.media.video import VideoReader
from slceleb_core.perception.photos import survey
from slceleb_core.pipeline import Pipeline
from slceleb_core.stages import BoundStage, Generator, StageContext
from slceleb_core.types import JsonValue

SUFFIX = ".mp4"
"""The one container that is written: content credentials have a place in it, and every player shows it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes
    ----------
    video, audio
        The recording, and the sound that lips are to fit.
    person
        Whose face is changed: a name of the folder of photos.
    photos
        That folder.
    consent
        The record of that person's consent.
    output
        The file to write.
    marked
        Whether every picture has the mark that everybody sees.
    """

    video: Path
    audio: Path
    person: str
    photos: Path
    consent: Path
    output: Path
    marked: bool = True

    @property
    def consent_kept(self) -> Path:
        """Where the record is kept beside what is made."""
        return self.output.with_name(f"{self.output.stem}.consent{self.consent.suffix}")


@dataclass(frozen=True, slots=True)
class Checked:
    """An order that may be carried out, as far as can be told without looking at a picture.

    Attributes
    ----------
    order
        What is asked for.
    recorded
        The consent.
    video, sound
        The files, by their hashes.
    """

    order: Order
    recorded: Recorded
    video: Ingredient
    sound: Ingredient


@dataclass(frozen=True, slots=True)
class Lipsynced:
    """What was made.

    Attributes
    ----------
    output, consent
        The video, and the record beside it.
    frames, changed, unseen
        As of :class:`~slceleb_core.generating.making.Made`.
    seconds
        How long it is.
    warnings
        What is to be known of it, one line each.
    """

    output: Path
    consent: Path
    frames: int
    changed: int
    unseen: int
    seconds: float
    warnings: tuple[str, ...]


Telling = Callable[[str], None]
"""Told in one line what is done next."""


def check(order: Order) -> Checked:
    """Make sure that an order may be carried out: consent, files, what signs. Nothing is decoded, and nothing written.

    Raises
    ------
    UsageError
        There is no consent to it, or no photo of the person, the video is generated itself, or something stands where
        the output goes.
    GalleryError
        There is no photo at all.
    PluginError
        What signs is not installed.
    VideoError
        A file cannot be read.
    """
    demand_signing()
    _demand_output(order)
    recorded = read_consent(order.consent)
    video = Ingredient("video", order.video, fingerprint(order.video), "parentOf")
    sound = Ingredient("sound", order.audio, fingerprint(order.audio), "componentOf")
    demand_consent(recorded, order.consent, order.person, video.fingerprint, sound.fingerprint)
    refuse_generated(order.video)
    _demand_photos(order)
    return Checked(order, recorded, video, sound)


def _demand_output(order: Order) -> None:
    if order.output.suffix.lower() != SUFFIX:
        what = f"--output {order.output}: only {SUFFIX} is written, where content credentials have their place"
        raise UsageError(what, f"name it {order.output.with_suffix(SUFFIX).name}")
    if not order.output.parent.is_dir():
        raise UsageError(f"--output {order.output}: there is no folder {order.output.parent}", "make it first")
    for path in (order.output, order.consent_kept):
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already", "name another file by --output, or move that one away")


def _demand_photos(order: Order) -> None:
    people = survey(order.photos).people
    if order.person not in people:
        what = f"--person {order.person}: there are no photos of them in {order.photos}"
        raise UsageError(what, did_you_mean(order.person, people))


def carry_out(
    checked: Checked,
    pipeline: Pipeline,
    generator: BoundStage,
    context: StageContext,
    *,
    telling: Telling = lambda _: None,
    signing: Signing | None = None,
) -> Lipsynced:
    """Make lips fit a sound, and write the video with its marks and its credentials.

    Parameters
    ----------
    checked
        As of :func:`check`.
    pipeline
        By which it is found where the person is; not open.
    generator
        What makes faces, bound.
    context
        What stages are handed.
    telling
        Told what is done.
    signing
        What signs; None: this user's own.

    Raises
    ------
    UsageError
        The profile, the photos or the model cannot serve.
    VideoError
        The person is not in the video, or two would be; it cannot be read; or there is no sound.
    OutputError
        It cannot be written.
    """
    order = checked.order
    demand_mesh(pipeline.bound.detector)
    generator.stage.check(generator.config)
    generator.stage.check_models(generator.config, context.models.apart())
    signing = own_signing() if signing is None else signing
    stage = cast("Generator", generator.stage(generator.config, replace(context, models=context.models.apart())))
    with stage as made_by, _heard(order.audio) as sound, FaceRows() as rows, pipeline:
        gallery = pipeline.enroll(order.photos, [order.person])
        telling(f"looking for {order.person} in {order.video}")
        found = choose(order.video, order.person, gallery, pipeline, context, rows)
        telling(f"making {order.output}, of {found.frames:,} frames, {found.shown:,} of them with {order.person}")
        made_by.start(sound)
        return _made(checked, made_by, sound, found, rows, signing)


@contextmanager
def _heard(path: Path) -> Iterator[AudioTrack]:
    """Give the sound of a file; raise VideoError where there is none."""
    track = AudioTrack.decode(path)
    if track is None:
        raise VideoError(f"--audio {path}: there is no sound in it", "name a file with sound")
    with track:
        yield track


def _made(
    checked: Checked, generator: Generator, sound: AudioTrack, found: Found, rows: FaceRows, signing: Signing
) -> Lipsynced:
    """Make the video, and put it and the consent in place: both, or none."""
    order = checked.order
    heard, shown = sound.end - sound.start, found.end - found.start
    source = SoundSource(order.audio, sound.source, sound.start, min(heard, shown))
    maker = Maker(generator, sound.start - found.start)
    try:
        with whole_file(order.output) as signed, scratch_file(order.output) as unsigned:
            noted = _written(order, maker, found, rows, source, unsigned)
            if not maker.made.changed:
                raise _nothing_changed(order, maker.made)
            stated = manifest(order.output.name, checked.video, checked.sound, _facts(checked, generator, maker.made))
            sign(unsigned, signed, stated, signing)
            sync_file(signed)
            write_durably(order.consent_kept, checked.recorded.content)
    except BaseException:
        order.consent_kept.unlink(missing_ok=True)  # it was not there before
        raise
    sync_folder(order.output.parent)
    warnings = (*_told_ends(heard, shown, order), *_told_unseen(maker.made, order.person), *noted, *sound.warnings)
    made = maker.made
    return Lipsynced(order.output, order.consent_kept, made.frames, made.changed, made.unseen, source.length, warnings)


def _written(
    order: Order, maker: Maker, found: Found, rows: FaceRows, source: SoundSource, target: Path
) -> tuple[str, ...]:
    """Write the pictures with their sound, and return what is to be known of the recording."""
    last = tick_of(source.length, 0.0)
    with VideoReader(order.video) as reader:
        frames = from_source(order.video, reader.frames())
        heard = takewhile(lambda frame: tick_of(frame.time, found.start) < last, frames)
        pictures = maker.pictures(heard, rows.of(found.tracks))
        shown = ((time, marked(image)) for time, image in pictures) if order.marked else pictures
        write(target, shown, found.start, 1.0 / (reader.info.frame_rate or ASSUMED_RATE), source)
        return tuple(reader.warnings)


def _nothing_changed(order: Order, made: Made) -> VideoError:
    if made.unseen:
        why = f"the lower part of {order.person}'s face is seen on no frame, or is too small"
    else:
        why = f"{order.person} is not seen while the sound lasts"
    return VideoError(f"{order.video}: nothing to be made: {why}", "name another video, or a longer sound")


def _facts(checked: Checked, generator: Generator, made: Made) -> dict[str, JsonValue]:
    """Return what our own assertion states. Who is shown stands in the consent, and here only by its hash."""
    model = {
        name: value for name, value in generator.report().items() if name in ("file", "sha256", "licence", "terms")
    }
    return {
        "generator": {"name": generator.name, "revision": generator.revision},
        "model": model,
        "consent": {"sha256": checked.recorded.sha256, "given": checked.recorded.consent.given.isoformat()},
        "sources": {"video": checked.video.fingerprint, "sound": checked.sound.fingerprint},
        "visible_mark": checked.order.marked,
        "frames": {"all": made.frames, "changed": made.changed},
    }


def _told_ends(heard: float, shown: float, order: Order) -> list[str]:
    """Say what is left out where pictures and sound are not equally long."""
    apart = f"{abs(heard - shown):.2f} s"
    if heard < shown - 1.0 / ASSUMED_RATE:
        return [f"it ends with the sound: the last {apart} of {order.video} are left out"]
    if heard > shown + 1.0 / ASSUMED_RATE:
        return [f"it ends with the pictures: the last {apart} of {order.audio} are left out"]
    return []


def _told_unseen(made: Made, person: str) -> list[str]:
    """Say on how many frames nothing could be changed."""
    if not made.unseen:
        return []
    return [f"on {made.unseen:,} frames the lower part of {person}'s face is not seen: they are left as they are"]
