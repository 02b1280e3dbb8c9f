"""The speaker stage: options, opening, and what the core asks of it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import numpy as np
from pydantic import Field

from slceleb_core.errors import PluginError
from slceleb_core.media.speech import LACKING, SILERO, silero_installed
from slceleb_core.stages import LEARNED, Learned, Speaker, StageConfig, StageContext
from slceleb_core.types import (
    SAMPLE_RATE,
    Array,
    AudioSpan,
    Faces,
    Frame,
    JsonValue,
    LagEvidence,
    Learnable,
    Scores,
    TimeRange,
    Track,
    VideoInfo,
    WholeSound,
)
from slceleb_speaker_xcorr.observation import COLUMNS, MOUTH_RATIO, measure
from slceleb_speaker_xcorr.timeline import USUAL_WINDOW, VOICE_BASE

if TYPE_CHECKING:
    from slceleb_speaker_xcorr.classic import ClassicScorer
    from slceleb_speaker_xcorr.hearing import AudioFeatures
    from slceleb_speaker_xcorr.lag import LagBelief
    from slceleb_speaker_xcorr.scoring import Scorer

SETTLING = 1.5
"""Seconds after which the filters have forgotten a beginning, to a thousandth."""

WINDOW_FRAMES = 30
"""Frames in the window of the method ``classic``, as the project was first specified."""

SLOWEST = 10.0
"""Frames a second: a window given in frames may be that slow."""


class XcorrConfig(StageConfig):
    """Options of :class:`XcorrSpeaker`."""

    method: Literal["xcorr", "classic"] = Field(
        default="xcorr",
        description="the detector, or the one first specified, for comparison: mouth ratio against 13 MFCC and the "
        "envelope, largest correlation over 30 frames (`window_frames`); it knows only that and `max_lead`, either way",
    )
    window: float = Field(
        default=3.0,
        ge=0.4,
        le=20.0,
        description="seconds over which lips and sound are correlated; longer is surer, but slower to notice a change",
    )
    window_frames: int | None = Field(
        default=None, ge=10, le=1000, description="the same in frames of the video; when given, `window` is not used"
    )
    max_lag: float = Field(
        default=0.46,
        ge=0.0,
        le=1.0,
        description="seconds by which the sound may come after the picture: that of most videos from the web is 0 to "
        "0.12 s late, and may be later by a fault",
    )
    max_lead: float = Field(default=0.24, ge=0.0, le=1.0, description="seconds by which it may come before the picture")
    features: Literal["bands", "mfcc", "envelope"] = Field(
        default="bands",
        description="what of the sound is compared with the lips: mel bands (best), 13 MFCC, or the amplitude envelope",
    )
    vad: Literal["auto", "silero", "energy"] = Field(
        default="auto",
        description="what tells speech from other sound: Silero VAD, the level alone, or Silero where it is installed",
    )
    diagnostics: bool = Field(
        default=False,
        description="hand out what each score rests on: synchrony r, lag (s), gate, and what speaks for the face, as "
        "it is weighed: voice, now, motion, pause, alone, turn, lead, livelier",
    )
    learned: Learned | None = LEARNED


class XcorrSpeaker(Speaker):
    """Tells who is speaking by how far lip and chin move with the sound; no training, one sound for all faces.

    How it decides, and what was measured of it, stands in the README. Not covered: chewing, laughing, profiles.
    """

    name: ClassVar[str] = "xcorr"
    Config: ClassVar[type[StageConfig]] = XcorrConfig
    revision: ClassVar[int] = 5
    requires: ClassVar[frozenset[str]] = frozenset({"landmarks478"})
    needs_pixels: ClassVar[bool] = False
    claims: ClassVar[frozenset[str]] = frozenset({"sync", "dub", "rivals", "loudness", "lag"})

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        # whose a moment is follows from the lags there, which are sought over as long a window around it
        longest = max(VOICE_BASE * self._window_seconds(), USUAL_WINDOW / 2)
        self.context_seconds = longest + max(self.config.max_lag, self.config.max_lead) + SETTLING
        self._scorer: Scorer | None = None
        self._classic: ClassicScorer | None = None
        self._heard: AudioFeatures | None = None
        self._belief: LagBelief | None = None
        self._vad = ""
        self._spans = self._tracks = 0
        self._seconds = 0.0

    def _window_seconds(self) -> float:
        frames: int | None = self.config.window_frames
        return float(self.config.window if frames is None else frames / SLOWEST)

    def _window(self) -> str:
        """Return the window in words."""
        frames = self.config.window_frames
        if frames is None and self.config.method == "classic":
            frames = WINDOW_FRAMES
        return f"{self.config.window:g} s" if frames is None else f"{frames} frames"

    @classmethod
    def check(cls, config: StageConfig) -> None:
        """Make sure that the voice activity detector that was asked for is installed.

        Raises
        ------
        PluginError
            It is Silero VAD, and it is not.
        """
        options = cast("XcorrConfig", config)
        if options.method != "classic" and options.vad == "silero" and not silero_installed():
            raise PluginError(*LACKING)

    def open(self) -> None:
        """Import scipy, and librosa where coefficients are asked for; load the voice activity detector.

        Raises
        ------
        PluginError
            Silero VAD was asked for and is not installed, or cannot be loaded.
        """
        from slceleb_speaker_xcorr.delays import Delays
        from slceleb_speaker_xcorr.scoring import Scorer

        options = self.config
        if options.method == "classic" or options.features == "mfcc":
            from slceleb_speaker_xcorr.compiling import import_librosa

            import_librosa()
        if options.method == "classic":
            from slceleb_speaker_xcorr.classic import ClassicScorer

            self._vad = "none"
            self._classic = ClassicScorer(options.window_frames or WINDOW_FRAMES, options.max_lead, options.diagnostics)
            return
        detector = self.context.speech.prepare(options.vad)
        self._vad = detector
        self._scorer = Scorer(
            self.context.speech,
            detector,
            options.features,
            options.window,
            options.window_frames,
            Delays(options.max_lead, options.max_lag),
            options.diagnostics,
            self._weights(),
        )

    def _weights(self) -> Mapping[str, float]:
        """Return the weights of the signs: those that it has learned, or comes with."""
        from slceleb_speaker_xcorr.confidence import WEIGHTS

        learned: Learned | None = self.config.learned
        return WEIGHTS if learned is None else learned.chosen(WEIGHTS)

    def learnable(self) -> Learnable | None:
        """Return the weights of the signs; the method ``classic`` has none."""
        from slceleb_speaker_xcorr.confidence import learnable

        return None if self.config.method == "classic" else learnable(self._weights())

    def signature(self) -> JsonValue:
        """Return the options, what ``vad: auto`` comes to on this machine, and with which versions scores are made."""
        silero = self.config.vad != "energy" and silero_installed()
        options = self.config.model_dump(mode="json")
        if self.config.learned is None:
            del options["learned"]  # keys of those who have learned nothing stay as they were
        return {**options, "silero": silero, "versions": _versions(silero=silero)}

    def observation_signature(self) -> JsonValue:
        """Return nothing: no option has a part in what is kept of a face."""
        return None

    def close(self) -> None:
        """Let go of the scorer, and of what was heard and seen."""
        self._scorer = self._classic = self._heard = self._belief = None

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 (nothing depends on the video)
        """Begin to count anew, and forget what was heard and seen."""
        self._heard = self._belief = None
        if self._scorer is not None:
            self._scorer.forget()
        self._spans = self._tracks = 0
        self._seconds = 0.0

    def listen(self, sound: WholeSound) -> None:
        """Go through the sound, block by block; what is kept of it are some fifteen megabytes an hour."""
        if self._scorer is not None:
            self._heard = self._scorer.listen(sound)

    def survey(self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange) -> None:
        """Take in what the faces show of the lag between lips and sound, some 500 bytes for 15 s of a face.

        The lag at which a face is judged is sought among those that the rest of the video makes likely.
        """
        if self._scorer is not None:
            self._belief = None
            self._scorer.survey(tracks, self._heard or self._scorer.listen(audio), own)

    def lag_evidence(
        self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange, reach: float
    ) -> list[LagEvidence]:
        """Return how far each face goes with the sound at each lag up to `reach` seconds, five seconds by five.

        Raises
        ------
        PluginError
            The method is ``classic``.
        """
        if self._scorer is None:
            return super().lag_evidence(tracks, audio, own, reach)
        return self._scorer.lag_evidence(tracks, self._heard or self._scorer.listen(audio), own, reach)

    @property
    def lag(self) -> float | None:
        """Seconds by which the sound of the video is late, where enough of it agrees on that."""
        return self._believed(self._scorer).known if self._scorer is not None else None

    def _believed(self, scorer: Scorer) -> LagBelief:
        """Return what has been surveyed of the lag, made up once."""
        if self._belief is None:
            self._belief = scorer.belief()
        return self._belief

    def observe(self, frame: Frame, faces: Faces) -> Array:
        """Return float32 [n, 6]: nose to lips, chin and bridge, eye to eye, in pixels; ratio of the mouth's opening.

        Raises
        ------
        PluginError
            The faces carry no landmarks.
        """
        if not len(faces):
            return np.zeros((0, COLUMNS), dtype=np.float32)
        if faces.landmarks478 is None:
            raise PluginError(
                f"frame {frame.index}: the faces have no landmarks, which speaker xcorr needs",
                "choose a detector that provides landmarks478",
            )
        return measure(faces.landmarks478)

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
        """Return, for each track and row, the confidence that this face is speaking, and the lag of the sound.

        Faces seen at the same time compete for the sound. A face seen for less than three seconds is believed less.
        Rows without finite observations are bridged where others are near, and else score 0, as times without sound do.
        Without `listen`, `audio` is all there is.
        """
        if self._scorer is not None:
            heard = self._heard or self._scorer.listen(audio)
            scores = self._scorer.score(tracks, heard, self._believed(self._scorer))
        elif self._classic is not None:
            scores = self._classic.score(tracks, audio)
        else:
            raise RuntimeError("the stage is not open")
        self._spans += 1
        self._tracks += len(tracks)
        self._seconds += len(audio.samples) / SAMPLE_RATE
        return [replace(own, mouth=of.observations[:, MOUTH_RATIO]) for own, of in zip(scores, tracks, strict=True)]

    def report(self) -> Mapping[str, JsonValue]:
        """Return the window, the voice activity detector in use, versions, and what was scored since `start`."""
        return {
            "method": self.config.method,
            "window": self._window(),
            "features": self.config.features,
            "device": "cpu",
            "vad": self._vad,
            "versions": _versions(silero=self._vad == "silero"),
            "spans": self._spans,
            "tracks": self._tracks,
            "audio_seconds": round(self._seconds, 3),
            "lag_ms": None if self.lag is None else round(1000 * self.lag),
        }


def _versions(*, silero: bool) -> dict[str, str]:
    """Return the versions of the packages that scores are made with."""
    packages = ["librosa", "scipy", *([SILERO] if silero else [])]
    return {package: importlib.metadata.version(package) for package in packages}
