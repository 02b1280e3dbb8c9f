"""How one video is gone through: which steps are taken by stages, and which again from what was found earlier.

What is not needed is not opened: a video of which everything is known is neither decoded, nor is a model loaded for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from types import TracebackType
from typing import TypeVar

from typing_extensions import Self

from slceleb_core.artefacts import steps
from slceleb_core.artefacts.provenance import reported
from slceleb_core.artefacts.shelf import Found, Shelf
from slceleb_core.decision.lag_findings import EARLY, LATE
from slceleb_core.decision.lags import Stretch, measure
from slceleb_core.decision.operating import FixedPoint, Known, OperatingPoint
from slceleb_core.decision.rowscores import Scoring
from slceleb_core.decision.spans import FrameRows, Span, divide
from slceleb_core.media.ahead import Ahead
from slceleb_core.media.files import from_source
from slceleb_core.media.lazy_audio import LazyAudio
from slceleb_core.media.video import VideoReader
from slceleb_core.perception.lagging import stretches_of
from slceleb_core.perception.photos.examining import known_of
from slceleb_core.perception.scoring import LiveScorer
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.perception.shots import mark_shots
from slceleb_core.perception.steps import (
    Detecting,
    Embedding,
    FindingFaces,
    LiveObserver,
    NullObserver,
    Observing,
    Perception,
    Recognizing,
)
from slceleb_core.perception.thrift import Carried
from slceleb_core.profile import Profile
from slceleb_core.run._economy import thrifty
from slceleb_core.run._provider import StageProvider, threads_for
from slceleb_core.run._row_spool import RowSpool
from slceleb_core.stages import Recognizer, Speaker, Stage
from slceleb_core.types import WHOLE, Frame, JsonValue, Restart, SoundTrack, VideoInfo, WholeSound

T = TypeVar("T")

AHEAD_FRAMES, AHEAD_PIXELS = 16, 8_000_000
"""Frames that are decoded ahead at most, and the pixels that they have: 12 MB. A batch of the detector has eight."""

NO_SOUND = "no sound: faces and identities are reported, but no speech can be found"


class VideoSteps:
    """One video's steps; a context manager.

    Parameters
    ----------
    selection
        The video, and whom it is looked through for.
    stages
        Asked for when they are needed.
    profile
        The core's own options.
    shelf
        What is known of the video, entered; what is found is written there.

    Attributes
    ----------
    info
        The video's facts.
    sound
        Its sound.
    """

    info: VideoInfo

    def __init__(
        self,
        selection: VideoSelection,
        stages: StageProvider,
        profile: Profile,
        shelf: Shelf,
    ) -> None:
        self._selection, self._stages, self._profile, self._shelf = selection, stages, profile, shelf
        self._timings = selection.timings
        self.sound = sound_of(selection)
        self._stack = ExitStack()
        self._found = Found()
        self._reader: VideoReader | None = None
        self._recording: steps.RecordingFaces | None = None
        self._lag: dict[str, JsonValue] | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # faces were chosen by what was made of them: without that, they are looked for anew
            self._found = self._shelf.look_up({"embeddings"} if self._thrifty and self._compared else ())
            stack.enter_context(self.sound)
            if self._pictures_needed():
                selection = self._selection
                self._reader = stack.enter_context(VideoReader(selection.video, selection.part, self._stages.decoder))
            self.info = self._described()
            if self._found.scores is not None:
                self._lag = self._found.scores.facts.get("resync")
                self.sound.move(moved_by(self._lag))
            self._listen()
            source = audio_of(self.heard())
            self.info = replace(self.info, has_audio=source is not None, audio=source)
            self._start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def _thrifty(self) -> bool:
        """Whether some faces are not looked at."""
        return self._profile.economy.saves

    @property
    def _compared(self) -> bool:
        """Whether faces are compared with anybody."""
        return self._selection.gallery is not None

    @property
    def point(self) -> OperatingPoint:
        """What a track must reach to be taken for a person."""
        gallery = self._selection.gallery
        if gallery is None:
            return FixedPoint(0.0)  # nobody is compared with anybody
        return self._profile.identity.operating_point(self.known, gallery.made_of)

    @property
    def context(self) -> float:
        """Seconds around a moment that its score may depend on."""
        known = self._found.scores
        return self._stages.speaker.context_seconds if known is None else float(known.facts["context"])

    @property
    def warnings(self) -> list[str]:
        """What went wrong up to now with the sound, and then with the pictures; one line each."""
        heard = self._found.scores
        return [*(self._sound_warnings() if heard is None else heard.facts["warnings"]), *self._picture_warnings()]

    @property
    def file_warnings(self) -> list[str]:
        """What went wrong with the file up to now, whatever its sound is compared with."""
        return [*self.sound.warnings, *self._picture_warnings()]

    @property
    def resynced(self) -> dict[str, JsonValue] | None:
        """What was measured of the lag before scoring, and by how much the sound is moved; None: nothing was asked."""
        return self._lag

    @property
    def goes_on(self) -> bool:
        """Whether the video goes on behind the frames that were looked at, as no more were asked for."""
        known = self._found.faces
        if known is None:
            return self._reader is not None and self._reader.goes_on
        return bool(known.facts.get("goes_on"))

    def rows(self) -> Iterator[FrameRows]:
        """Yield what is perceived, a frame a time."""
        perception = Perception(
            self._finding(),
            self._observing(),
            None if self._selection.gallery is None else self._embedding(),
            self._selection,
            self._profile.tracking,
        )
        yield from perception.perceive()
        if self._reader is not None:
            self._reader.close()  # what a decoder holds is as much as cutting a clip takes

    def in_step(self, rows: Iterator[FrameRows], spool: RowSpool) -> Iterator[FrameRows]:
        """Return rows that are put aside on their way, to be scored by a sound that goes with their lips.

        Where that is asked for, all of them are gone through first, and the lag is measured and made up for; so
        :meth:`scoring` is asked for when this has returned.

        Raises
        ------
        PluginError
            The speaker stage does not tell lags.
        """
        filling = spool.filling(rows)
        scored = self._found.scores is not None
        if self._profile.audio.resync != "measured" or scored or self.sound.track is None:
            return filling
        self._resync(divide(filling, self._profile.spans, self.context))
        return spool.read()

    def _resync(self, spans: Iterable[Span]) -> None:
        """Measure the lag of the sound over all spans, and hear it that much earlier from now on, where it is too late.

        Raises
        ------
        PluginError
            The speaker stage does not tell lags.
        """
        speaker = self._stages.speaker
        found: list[Stretch] = []
        for span in spans:
            with self._timings.stage("resync"):
                found.extend(stretches_of(speaker, given(self._sound_for(speaker)), span, span.tracks()))
        finding = measure(found)
        lag = finding.correction()
        self._lag = {**finding.to_json(), "moved_ms": None if lag is None else round(-1000 * lag)}
        if lag is not None:
            self.sound.move(moved_by(self._lag))
            speaker.start(self.info)
            with self._timings.stage("listen"):
                speaker.listen(given(self._sound_for(speaker)))

    def _sound_for(self, speaker: Speaker) -> WholeSound | None:
        return self.sound.heard_as(speaker.sound_form)

    def scoring(self) -> Scoring | None:
        """Return who scores; None where there is no sound."""
        found = self._found.scores
        if found is not None:
            return steps.ReplayingScores(found, self._timings) if found.facts["sound"] else None
        recording = self._shelf.record("scores")
        if self.sound.track is None:
            return None
        speaker, wanted = self._stages.speaker, self._profile.gates.vad
        vad = None if wanted == "none" else speaker.context.speech.prepare(wanted)
        heard = given(self.sound.heard_as(speaker.sound_form))
        live = LiveScorer(speaker, self.sound.track, heard, vad, self._timings)
        return live if recording is None else steps.RecordingScores(live, recording, self._timings)

    def reports(self) -> dict[str, Mapping[str, JsonValue]]:
        """Return what each stage reports, by role; what it said when its results were found, where those are used."""
        found = self._found
        known = {"detector": found.faces, "speaker": found.scores, "recognizer": found.embeddings}
        used = [role for role in known if role != "recognizer" or self._selection.gallery is not None]
        return {role: self._report(role) if (of := known[role]) is None else of.facts["report"] for role in used}

    def heard(self) -> JsonValue:
        """Return which audio tracks there are, and which of them is listened to; what it was where scores are used."""
        known, choice = self._found.scores, self.sound.choice
        if known is not None:
            return known.facts["audio"]
        if choice is None:
            return None
        taken = None if choice.track is None or self.sound.track is None else asdict(choice.track)
        return {
            "asked": self._selection.audio_track,
            "track": taken,
            "tracks": [asdict(track) for track in choice.tracks],
        }

    def replayed(self) -> dict[str, bool]:
        """Return of each step whether what was found earlier has been used; nothing where nothing is kept."""
        if not self._shelf.keeps:
            return {}
        found = self._found
        used = {"faces": found.faces, "observations": found.observations or found.scores, "scores": found.scores}
        if self._selection.gallery is not None:
            used["embeddings"] = found.embeddings
        return {step: reader is not None for step, reader in used.items()}

    def keep_perceived(self) -> None:
        """Put what was perceived where the next run can find it, once all of the video has been: it took the longest.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        found = self._found
        facts: dict[str, dict[str, JsonValue]] = {}
        if found.faces is None:
            facts |= self._facts_of_faces()
        if found.observations is None:
            facts["observations"] = {}
        if found.embeddings is None and self._selection.gallery is not None:
            facts["embeddings"] = {"report": self._report("recognizer"), "known": self.known.to_json()}
        with self._timings.stage(steps.KEEP):
            self._shelf.commit(facts)

    def keep_scores(self) -> None:
        """Put the scores there, too, once all of the video has been scored.

        Raises
        ------
        OutputError
            They cannot be written.
        """
        if self._found.scores is not None:
            return
        facts = {
            "report": self._report("speaker"),
            "sound": self.sound.track is not None,
            "audio": self.heard(),
            "warnings": self._sound_warnings(),
            "context": self._stages.speaker.context_seconds,
            "lag": self._stages.speaker.lag,
            **({} if self._lag is None else {"resync": self._lag}),
        }
        with self._timings.stage(steps.KEEP):
            self._shelf.commit({"scores": facts})

    def _facts_of_faces(self) -> dict[str, dict[str, JsonValue]]:
        info = {name: value for name, value in asdict(self.info).items() if name not in ("path", "audio")}
        warnings = [] if self._reader is None else self._reader.warnings
        report, meshes = self._report("detector"), self._recording is not None and self._recording.meshed
        faces = {"info": info, "warnings": warnings, "report": report, "meshes": meshes, "goes_on": self.goes_on}
        return {"faces": faces, **({"meshes": {}} if meshes else {})}

    def _pictures_needed(self) -> bool:
        found = self._found
        compared = found.embeddings is not None or self._selection.gallery is None
        return found.faces is None or not compared or (found.observations or found.scores) is None

    def _described(self) -> VideoInfo:
        if self._reader is not None:
            return self._reader.info
        known = dict(given(self._found.faces).facts["info"])
        restarts = tuple(Restart(**restart) for restart in known.pop("restarts", ()))
        return VideoInfo(path=self._selection.video, **known, restarts=restarts)

    def _listen(self) -> None:
        """Find out whether there is sound, and have it ready where somebody will score by it."""
        scores = self._found.scores
        if scores is None:
            _ = self.sound.track
        elif not scores.facts["sound"]:
            self.sound.rule_out()

    def _start(self) -> None:
        """Open the stages that will be needed, and tell them of the video and its sound."""
        found = self._found
        if found.faces is None:
            self._stages.detector.start(self.info)
        if found.embeddings is None and self._selection.gallery is not None:
            self._recognizer().start(self.info)
        if found.scores is not None:
            return
        self._stages.speaker.start(self.info)
        heard = self.sound.heard_as(self._stages.speaker.sound_form)
        if heard is not None:
            with self._timings.stage("listen"):
                self._stages.speaker.listen(heard)

    def _finding(self) -> FindingFaces:
        found, timings = self._found, self._timings
        if found.faces is not None:
            frames = None if self._reader is None else self._ahead(self._frames(self._reader))
            return steps.ReplayingFaces(found.faces, found.meshes, frames, timings)
        marked = from_source(self._selection.video, mark_shots(self._frames(given(self._reader)), self._profile.shots))
        shots = self._ahead(timings.pulling("shots", marked))
        live = self._live_finding(shots)
        faces, meshes = self._shelf.record("faces"), self._shelf.record("meshes")
        if faces is None:
            return live
        self._recording = steps.RecordingFaces(live, faces, meshes, timings)
        return self._recording

    def _live_finding(self, shots: Iterator[Frame]) -> FindingFaces:
        if self._thrifty:
            return thrifty(self._selection, self._stages, self._profile, self.sound, shots)
        return Detecting(self._stages.detector, shots, self._profile.tracking, self._timings)

    def _frames(self, reader: VideoReader) -> Iterator[Frame]:
        frames = from_source(self._selection.video, reader.frames(self._selection.max_frames))
        return self._timings.pulling("decode", frames)

    def _ahead(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Yield frames that are made while others are looked at, where there is a processor for that."""
        if threads_for(self._stages) == 1:
            return frames
        return self._stack.enter_context(Ahead(frames, area, AHEAD_FRAMES, AHEAD_PIXELS))

    def _embedding(self) -> Embedding:
        if self._found.embeddings is not None:
            return steps.ReplayingRows(self._found.embeddings, self._timings)
        live: Embedding = Carried() if self._thrifty else Recognizing(self._recognizer(), self._timings)
        recording = self._shelf.record("embeddings")
        return live if recording is None else steps.RecordingEmbeddings(live, recording, self._timings)

    def _observing(self) -> Observing:
        found = self._found
        if found.scores is not None:
            return NullObserver()
        if found.observations is not None:
            return steps.ReplayingRows(found.observations, self._timings)
        speaker = self._stages.speaker
        live = LiveObserver(speaker, self._timings)
        recording = self._shelf.record("observations") if speaker.keeps_observations else None
        return live if recording is None else steps.RecordingObservations(live, recording, self._timings)

    @property
    def known(self) -> Known:
        """Return what is known of the operating point; where embeddings were kept, by the recognizer that made them."""
        kept = None if self._found.embeddings is None else self._found.embeddings.facts.get("known")
        return known_of(self._recognizer()) if kept is None else Known.from_json(kept)

    def _recognizer(self) -> Recognizer:
        return given(self._stages.recognizer)

    def _report(self, role: str) -> Mapping[str, JsonValue]:
        stage: Stage = getattr(self._stages, role)
        return reported(stage)

    def _sound_warnings(self) -> list[str]:
        if self.sound.track is None:
            return [NO_SOUND, *self.sound.warnings]
        return [*self.sound.warnings, *moved_in_words(self._lag), *out_of_sync(self._stages.speaker.lag)]

    def _picture_warnings(self) -> list[str]:
        if self._reader is not None:
            return self._reader.warnings
        return [] if self._found.faces is None else self._found.faces.facts["warnings"]


def area(frame: Frame) -> int:
    """Return how many pixels a frame has."""
    return frame.width * frame.height


def out_of_sync(lag: float | None) -> list[str]:
    """Return what is to be said of the seconds by which the sound of a whole video is late; mostly nothing."""
    if lag is None or -EARLY <= lag <= LATE:
        return []
    way = "late" if lag > 0 else "early"
    return [
        f"the sound is {abs(1000 * lag):.0f} ms {way} throughout: that is made up for where lips and sound are "
        "compared; to have it made up for in cut sound as well, set apply_offset: true for the sink clips"
    ]


def sound_of(selection: VideoSelection) -> LazyAudio:
    """Return what is heard while a video is seen: its own sound, or that of another recording, on its clock."""
    other, wanted, timings = selection.sound, selection.audio_track, selection.timings
    if other is None:
        return LazyAudio(selection.video, selection.part, wanted, timings)
    return LazyAudio(other.file, WHOLE, wanted, timings, other.clock)


def moved_by(resynced: Mapping[str, JsonValue] | None) -> float:
    """Return the seconds by which the sound is moved, of what :attr:`VideoSteps.resynced` says."""
    moved = None if resynced is None else resynced["moved_ms"]
    return 0.0 if moved is None else moved / 1000


def moved_in_words(resynced: Mapping[str, JsonValue] | None) -> list[str]:
    """Return what is to be said of sound that was to be brought together with the lips; nothing where it was not."""
    if resynced is None:
        return []
    moved = resynced["moved_ms"]
    if moved is not None:
        lag = resynced["lag_ms"]
        way, heard = ("late", "earlier") if moved < 0 else ("early", "later")
        between = f"{lag['low']:+.0f} to {lag['high']:+.0f} ms"
        return [
            f"the sound of the file is {abs(lag['value']):.0f} ms {way} ({between}): it is "
            f"heard, scored and cut {abs(moved)} ms {heard} (audio.resync: measured)"
        ]
    why = NOT_MOVED.get(resynced["kind"])
    return [] if why is None else [f"{why}: the sound is left as it is (audio.resync: measured)"]


NOT_MOVED = {
    "drift": "lips and sound drift apart",
    "jump": "the sound is off by one lag in one part, and by another in the next",
    "dub": "lips and sound go together at no lag, as in a dub",
}
"""What is said of sound that is not moved, by the kind of finding; of others there is nothing to say."""


def audio_of(heard: JsonValue) -> SoundTrack | None:
    """Return the audio track that is listened to, of what :meth:`VideoSteps.heard` gives; None where there is none."""
    track = None if heard is None else heard["track"]
    return None if track is None else SoundTrack(**{**track, "roles": tuple(track["roles"])})


def given(value: T | None) -> T:
    """Return a value that must be there by now."""
    if value is None:
        raise RuntimeError("a step lacks what it needs")
    return value
