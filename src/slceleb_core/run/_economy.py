"""How faces are found with little work: the parts of that step, put together for one video."""

from __future__ import annotations

from collections.abc import Iterable

from slceleb_core.decision.attention import Attention, EconomyConfig, lax
from slceleb_core.decision.operating import FixedPoint
from slceleb_core.media.lazy_audio import LazyAudio
from slceleb_core.perception.collaborators import Always, Comparing, Listening, Looking, Needs, Never, Whole
from slceleb_core.perception.photos.examining import known_of
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.perception.thrift import ThriftyFinding
from slceleb_core.perception.voiced import Voiced
from slceleb_core.profile import Profile
from slceleb_core.run._provider import StageProvider, threads_for
from slceleb_core.stages import MeshingDetector, Speaker
from slceleb_core.types import Frame


def thrifty(
    selection: VideoSelection, stages: StageProvider, profile: Profile, sound: LazyAudio, frames: Iterable[Frame]
) -> ThriftyFinding:
    """Return the step that finds faces, by the economy of the profile.

    Parameters
    ----------
    selection
        The video, and whom it is looked through for.
    stages
        Open, and told of the video.
    profile
        What is asked for.
    sound
        The video's.
    frames
        All of them, with their shots.
    """
    detector, economy = stages.detector, profile.economy
    looking: Looking
    if isinstance(detector, MeshingDetector):
        looking = detector
    else:
        looking, economy = Whole(detector), economy.model_copy(update={"key_interval": 0.0})
    return ThriftyFinding(
        looking,
        frames,
        economy,
        _attention(selection, stages, profile),
        _comparing(selection, stages),
        Needs(_lips(economy, profile, stages.speaker, sound, selection), stages.speaker.needs_pixels),
        profile.tracking,
        threads_for(stages),
        selection.timings,
    )


def _comparing(selection: VideoSelection, stages: StageProvider) -> Comparing | None:
    if selection.gallery is None or stages.recognizer is None:
        return None
    return Comparing(stages.recognizer, selection.gallery)


def _attention(selection: VideoSelection, stages: StageProvider, profile: Profile) -> Attention:
    interval, gallery = profile.economy.embed_interval, selection.gallery
    if gallery is None or stages.recognizer is None:
        return Attention(interval, None, FixedPoint(0.0))
    point = lax(profile.identity).operating_point(known_of(stages.recognizer), gallery.made_of)
    return Attention(interval, gallery, point)


def _lips(
    economy: EconomyConfig, profile: Profile, speaker: Speaker, sound: LazyAudio, selection: VideoSelection
) -> Listening:
    """Return when lips matter: where a voice is heard, as far as anybody asks for one."""
    if economy.mesh_unvoiced:
        return Always()
    if sound.track is None:
        return Never()
    if profile.gates.vad == "none":
        return Always()
    with selection.timings.stage("listen"):
        finder = speaker.context.speech
        return Voiced(finder.find(sound.track, finder.prepare(profile.gates.vad)))
