"""Small stages that are complete: they run on the coloured squares of ``slceleb_core.testing.pictures``.

``FakePlugin`` hands them to a registry as an installed plugin would, so that a pipeline can be tested from end to end
without a model file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from pydantic import Field

from slceleb_core.hookspecs import hookimpl
from slceleb_core.media.windows import to_picture, windows_of
from slceleb_core.stages import (
    CLAIMS,
    Detector,
    Generator,
    GeneratorConfig,
    MeshingDetector,
    Recognizer,
    Sink,
    Speaker,
    StageConfig,
    StageContext,
    Voice,
)
from slceleb_core.testing.memory import Call, memory_sink
from slceleb_core.testing.mesh import FACE_CENTRE, FACE_RADII, face_mesh
from slceleb_core.testing.pictures import MOUTH_HEIGHT, MOUTH_TOP
from slceleb_core.types import (
    LANDMARKS,
    SAMPLE_RATE,
    Array,
    AudioSpan,
    Calibration,
    FaceCrops,
    Faces,
    FaceWindows,
    Found,
    Frame,
    LagEvidence,
    Meshed,
    Scores,
    TimeRange,
    Track,
    VideoInfo,
    VoiceFigures,
    WholeSound,
)

KEYPOINTS = ((0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75))
"""Where a square has its eyes, nose and mouth corners, in shares of its sides."""


class FakeDetectorConfig(StageConfig):
    """Options of :class:`FakeDetector`."""

    saturation: int = Field(110, ge=1, le=255, description="Saturation (0..255) from which on a pixel is a face's.")
    min_side: int = Field(8, ge=1, le=1000, description="Smallest side of a face, in pixels.")


class FakeDetector(Detector):
    """Finds saturated squares, from left to right."""

    name = "fake"
    Config = FakeDetectorConfig
    provides = frozenset({"keypoints5"})

    def start(self, video: VideoInfo) -> None:
        """Do nothing: it keeps no state."""

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the squares of each frame; the score is the share of a box that is saturated."""
        return [self._squares(frame.image) for frame in frames]

    def _squares(self, image: Array) -> Faces:
        squares = _saturated_squares(image, self.config.saturation)
        squares = squares[squares[:, 2:4].min(axis=1, initial=10**6) >= self.config.min_side]
        if not len(squares):
            return Faces.empty()
        corners, sides = squares[:, :2], squares[:, 2:4]
        return Faces(
            boxes=np.hstack([corners, corners + sides]),
            scores=np.minimum(squares[:, 4] / sides.prod(axis=1), 1.0),
            keypoints5=corners[:, None] + sides[:, None] * np.array(KEYPOINTS),
        )


def _saturated_squares(image: Array, saturation: int) -> Array:
    """Return int [n, 5]: left, top, width, height and area of what is saturated, from left to right."""
    saturated = (cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[:, :, 1] >= saturation).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(saturated, connectivity=4)
    return np.asarray(found[1:][np.argsort(found[1:, 0], kind="stable")])


class FakeMeshingDetector(FakeDetector, MeshingDetector):
    """Finds saturated squares as :class:`FakeDetector`, and looks at each through a window, upright and twice as wide.

    The mesh is that of ``slceleb_core.testing.mesh``, its mouth as far open as the square's is. A window stays until
    the square is a tenth of its side off the middle, or is of another size.
    """

    name = "fake-meshing"
    provides = frozenset({"keypoints5", "landmarks478"})
    window_pixels = 96

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._shot: int | None = None
        self._held = np.zeros((0, 4))

    def start(self, video: VideoInfo) -> None:  # noqa: ARG002 - nothing depends on the video
        """Forget the previous video."""
        self._shot, self._held = None, np.zeros((0, 4))

    def find(self, frames: Sequence[Frame]) -> list[Found]:
        """Return the squares of each frame, seen through their windows."""
        return [self._find(frame) for frame in frames]

    def mesh(self, windows: FaceWindows) -> Meshed:
        """Return the square in the middle of each window; the score is the share of its box that is saturated."""
        seen = [self._middle(image) for image in windows.images]
        rows = np.array([row for row, square in enumerate(seen) if square is not None], dtype=np.int64)
        squares = np.array([square for square in seen if square is not None], dtype=np.float64).reshape(-1, 5)
        openness = np.array([_openness(windows.images[row], seen[row], self.config.saturation) for row in rows])
        return Meshed(_faces_of(squares, openness, windows.windows[rows], self.window_pixels), rows)

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the squares of each frame."""
        return MeshingDetector.detect(self, frames)

    def _find(self, frame: Frame) -> Found:
        if frame.shot != self._shot:
            self._shot, self._held = frame.shot, np.zeros((0, 4))
        boxes = self._squares(frame.image).boxes.astype(np.float64)
        wanted = np.array([self._steady(box) for box in boxes]).reshape(-1, 4)
        windows = FaceWindows(windows_of(frame.pixels, wanted, self.window_pixels), wanted)
        meshed = self.mesh(windows)
        self._held = wanted[meshed.rows]
        return Found(meshed.faces, self._held)

    def _steady(self, box: Array) -> Array:
        """Return the window that was held where a square is; a new one where there is none that fits."""
        middle, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
        for window in self._held:
            if np.abs(window[:2] - middle).max() <= 0.1 * side and 0.9 <= window[2] / (2 * side) <= 1.1:
                return np.asarray(window)
        return np.array([*middle, 2 * side, 0.0])

    def _middle(self, image: Array) -> Array | None:
        """Return the square nearest to the middle of a window, not smaller than a quarter of it; None without one."""
        squares = _saturated_squares(image, self.config.saturation)
        squares = squares[squares[:, 2:4].min(axis=1, initial=10**6) >= len(image) // 4]
        off = np.abs(squares[:, :2] + squares[:, 2:4] / 2 - len(image) / 2).max(axis=1)
        return np.asarray(squares[np.argmin(off)]) if len(squares) else None


def _openness(image: Array, square: Array | None, saturation: int) -> float:
    """Return how far the mouth of a square in a picture is open, 0..1: the height of the dark below `MOUTH_TOP`."""
    assert square is not None
    left, top, width, height = (int(value) for value in square[:4])
    column = image[top + int(MOUTH_TOP * height) : top + height, left + width // 2].max(axis=1)
    return float(min((column < saturation).mean() * (1 - MOUTH_TOP) / MOUTH_HEIGHT, 1.0))


def _faces_of(squares: Array, openness: Array, windows: Array, pixels: int) -> Faces:
    """Return the faces of squares that were seen through windows, in pixels of the picture."""
    corners, sides = squares[:, None, :2], squares[:, None, 2:4]
    meshes = np.array([face_mesh(share) for share in openness]).reshape(-1, LANDMARKS, 3)
    flat = (meshes[..., :2] - FACE_CENTRE) / FACE_RADII / 2 + 0.5
    points = np.concatenate([corners + flat * sides, meshes[..., 2:] * sides[..., :1] / 2], axis=2)
    ends = to_picture(np.concatenate([corners, corners + sides], axis=1) / pixels, windows)
    return Faces(
        boxes=ends.reshape(-1, 4),
        scores=np.minimum(squares[:, 4] / squares[:, 2:4].prod(axis=1), 1.0),
        keypoints5=to_picture((corners + sides * np.array(KEYPOINTS)) / pixels, windows),
        landmarks478=to_picture(points / pixels, windows),
    )


def scripted_detector(script: Mapping[float, Faces]) -> type[Detector]:
    """Return a detector class, named ``scripted``, that looks at no pixel.

    Parameters
    ----------
    script
        The faces to be found, by the PTS seconds from which on they are found; before the first, none. All with the
        same columns.
    """
    times = sorted(script)
    columns = frozenset(
        name
        for name in ("keypoints5", "landmarks478", "pose", "sharpness", "blendshapes")
        if all(getattr(faces, name) is not None for faces in script.values())
    )

    class ScriptedDetector(Detector):
        name = "scripted"
        Config = StageConfig
        provides = columns

        def start(self, video: VideoInfo) -> None:
            pass

        def detect(self, frames: Sequence[Frame]) -> list[Faces]:
            rows = [int(np.searchsorted(times, frame.time, side="right")) - 1 for frame in frames]
            return [script[times[row]] if row >= 0 else Faces.empty() for row in rows]

    return ScriptedDetector


class FakeRecognizerConfig(StageConfig):
    """Options of :class:`FakeRecognizer`."""

    hues: int = Field(36, ge=6, le=360, description="Length of the embedding: how many hues are told apart.")


HUES = Calibration(
    model="",
    data="twelve hues, 30 degrees apart, in squares (slceleb_core.testing)",
    people=12,
    photos=48,
    pairs=66,
    strangers=0.10,
    pair=0.08,
    look=0.04,
    photo=0.04,
    residual=0.02,
    genuine=0.95,
)
"""What :class:`FakeRecognizer` makes of people whose hue is their own."""


class FakeRecognizer(Recognizer):
    """Knows people by the hue in the middle of their crop: equal hues have similarity 1, those 60° apart almost 0.

    It takes crops of any size: a subclass may state another, and a template.
    """

    name = "fake"
    Config = FakeRecognizerConfig
    calibration = HUES

    def open(self) -> None:
        """Set `dim` and `threshold`."""
        self.dim = self.config.hues
        self.threshold = 0.5

    def start(self, video: VideoInfo) -> None:
        """Do nothing: it keeps no state."""

    def embed(self, crops: FaceCrops) -> Array:
        """Return a bump on the circle of hues, its centre at each crop's mean hue."""
        embedding = np.zeros((len(crops), self.dim), dtype=np.float32)
        for row, image in zip(embedding, crops.images, strict=True):
            edge = len(image) // 4
            row[:] = self._bump(_mean_hue(np.ascontiguousarray(image[edge:-edge, edge:-edge])))
        return embedding

    def _bump(self, hue: float) -> Array:
        angles = 2 * np.pi * np.arange(self.dim) / self.dim
        bump = np.exp(20.0 * (np.cos(angles - hue) - 1.0))
        return np.asarray(bump / np.linalg.norm(bump))


def _mean_hue(image: Array) -> float:
    """Return the mean hue in radians, each pixel weighted by its saturation; 0 for a grey picture."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float64)
    angles, weights = hsv[:, :, 0] * (2 * np.pi / 180), hsv[:, :, 1] * hsv[:, :, 2]
    return float(np.angle((weights * np.exp(1j * angles)).sum()))


LAG_STEP, STRETCH, TELLING = 0.02, 2.0, 4.0
"""Of :class:`FakeSpeaker`: seconds from one lag to the next and of a stretch, and the log ratio of a second in which
all agrees."""


class FakeSpeakerConfig(StageConfig):
    """Options of :class:`FakeSpeaker`."""

    window: float = Field(1.0, gt=0.0, le=10.0, description="Seconds over which mouth and loudness are correlated.")


class FakeSpeaker(Speaker):
    """Scores a face by the correlation of its mouth's height with the sound's loudness, where there is sound."""

    name = "fake"
    Config = FakeSpeakerConfig
    claims = frozenset(CLAIMS)
    context_seconds = 1.0

    def start(self, video: VideoInfo) -> None:
        """Do nothing: it keeps no state."""

    def observe(self, frame: Frame, faces: Faces) -> Array:
        """Return float32 [n, 1]: the dark share of the lower half of each box, which is its open mouth."""
        seen = np.zeros((len(faces), 1), dtype=np.float32)
        for row, (x0, y0, x1, y1) in enumerate(np.clip(faces.boxes, 0, None).astype(int)):
            lower = frame.image[(y0 + y1) // 2 : y1, x0:x1]
            seen[row] = np.clip((120.0 - lower.max(axis=2)) / 120.0, 0.0, 1.0).mean() if lower.size else 0.0
        return seen

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
        """Return, for each track, the local correlation where it is positive."""
        return [Scores(self._score(track, audio)) for track in tracks]

    def lag_evidence(
        self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange, reach: float
    ) -> list[LagEvidence]:
        """Return the correlation of mouth and loudness of each track at each lag, two seconds by two."""
        parts = [(track, number) for track in tracks for number in np.unique(track.times // STRETCH)]
        told = (
            self._lags(track, own.holds(track.times) & (track.times // STRETCH == n), audio, reach)
            for track, n in parts
        )
        return [found for found in told if found is not None]

    def _lags(self, track: Track, rows: Array, audio: AudioSpan, reach: float) -> LagEvidence | None:
        mouth = np.asarray(track.observations, dtype=np.float64)[:, 0]
        seen = rows & np.isfinite(mouth)
        if seen.sum() < 2:
            return None
        times, mouth = track.times[seen], mouth[seen]
        lags = np.arange(-int(reach / LAG_STEP), int(reach / LAG_STEP) + 1) * LAG_STEP
        found = np.array([_correlation(mouth, _loudness(times + lag, audio)) for lag in lags])
        seconds = float(times[-1] - times[0])
        ratio = TELLING * seconds * found * np.abs(found) - 1.0
        return LagEvidence(track.id, float(times[0]), float(times[-1]) + LAG_STEP, seconds, lags, found, ratio)

    def _score(self, track: Track, audio: AudioSpan) -> Array:
        loudness = _loudness(track.times, audio)
        mouth = np.asarray(track.observations, dtype=np.float64)[:, 0]
        scores = np.zeros(len(track), dtype=np.float32)
        for row, time in enumerate(track.times):
            near = np.abs(track.times - time) <= self.config.window / 2
            scores[row] = max(_correlation(mouth[near], loudness[near]), 0.0)
        return scores


class FakeLipSpeaker(FakeSpeaker):
    """Scores as :class:`FakeSpeaker`, by the lips of a mesh and no picture; where there was none, nothing is known."""

    name = "fake-lips"
    requires = frozenset({"landmarks478"})
    needs_pixels = False

    def observe(self, frame: Frame, faces: Faces) -> Array:  # noqa: ARG002 - the contract's signature
        """Return float32 [n, 1]: how far the inner lips are apart, in face sizes; NaN without a mesh."""
        if faces.landmarks478 is None:
            raise ValueError("lips are read off a mesh")
        upper, lower = faces.landmarks478[:, 13, :2], faces.landmarks478[:, 14, :2]
        return np.asarray(np.linalg.norm(lower - upper, axis=1) / np.maximum(faces.sizes, 1.0))[:, None]

    def _score(self, track: Track, audio: AudioSpan) -> Array:
        """Return the scores of the rows that were seen, and zero for the others."""
        seen = np.isfinite(np.asarray(track.observations)[:, 0])
        columns = (track.frames, track.times, track.boxes, track.observations)
        scores = np.zeros(len(track), dtype=np.float32)
        scores[seen] = super()._score(Track(track.id, *(column[seen] for column in columns)), audio)
        return scores


def _loudness(times: Array, audio: AudioSpan) -> Array:
    """Return the root mean square of 40 ms around each time, relative to the loudest; zeros for silence."""
    half = audio.rate // 50
    centres = np.rint((times - audio.start) * audio.rate).astype(int)
    heard = audio.samples if audio.samples.ndim == 1 else audio.samples.mean(axis=0)
    blocks = [heard[max(c - half, 0) : max(c + half, 0)].astype(np.float64) for c in centres]
    levels = np.array([np.sqrt((block**2).mean()) if len(block) else 0.0 for block in blocks])
    return np.asarray(levels / (levels.max(initial=0.0) or 1.0))


def _correlation(a: Array, b: Array) -> float:
    """Return Pearson's correlation, 0 where one of the two hardly varies."""
    a, b = a - a.mean(), b - b.mean()
    if a.std() < 0.003 or b.std() < 0.01:
        return 0.0
    return float((a * b).mean() / (a.std() * b.std()))


class FakeVoiceConfig(StageConfig):
    """Options of :class:`FakeVoice`."""

    pitches: int = Field(48, ge=8, le=480, description="Length of the embedding: how many pitches are told apart.")


class FakeVoice(Voice):
    """Knows voices by how high they are: equal pitches have similarity 1, those an octave apart almost 0."""

    name = "fake"
    Config = FakeVoiceConfig
    shortest = 0.5
    figures = VoiceFigures(words=0.05, session=0.05, strangers=0.05)  # pitch is known from half a second

    def open(self) -> None:
        """Set `dim` and `threshold`."""
        self.dim = self.config.pitches
        self.threshold = 0.5

    def embed(self, sounds: Sequence[AudioSpan]) -> Array:
        """Return a bump on the scale of pitches; not a number for what is too short, or silent."""
        rows = np.full((len(sounds), self.dim), np.nan, dtype=np.float32)
        for row, sound in zip(rows, sounds, strict=True):
            if len(sound.samples) >= self.shortest * SAMPLE_RATE and np.ptp(sound.samples):
                row[:] = self._bump(_pitch(sound.samples))
        return rows

    def _bump(self, pitch: float) -> Array:
        octaves = np.linspace(np.log2(LOWEST_PITCH), np.log2(HIGHEST_PITCH), self.dim)
        bump = np.exp(-((3.0 * (octaves - np.log2(pitch))) ** 2))
        return np.asarray(bump / np.linalg.norm(bump))


LOWEST_PITCH, HIGHEST_PITCH = 70.0, 400.0
"""Hz between which :class:`FakeVoice` looks for a voice."""


def _pitch(samples: Array) -> float:
    """Return how high a voice is, in Hz: where its blocks of 40 ms, taken together, are most like themselves."""
    block = SAMPLE_RATE // 25
    blocks = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), block)[:: block // 2]
    blocks = (blocks - blocks.mean(axis=1, keepdims=True)) * np.hanning(block)
    # Less than the power: else a formant, which is loud, is taken for the pitch.
    alike = np.fft.irfft((np.abs(np.fft.rfft(blocks, 2 * block)) ** 0.67).sum(axis=0))
    first, last = int(SAMPLE_RATE / HIGHEST_PITCH), int(SAMPLE_RATE / LOWEST_PITCH)
    return SAMPLE_RATE / (first + int(np.argmax(alike[first : last + 1])))


class FakeGeneratorConfig(GeneratorConfig):
    """Options of :class:`FakeGenerator`."""

    seconds: float = Field(0.1, ge=0.02, le=1.0, description="Of how much sound from a moment on the level is taken.")


class FakeGenerator(Generator):
    """Paints the lower half of a face in one grey: the louder the sound from that moment on, the brighter."""

    name = "fake"
    Config = FakeGeneratorConfig
    face_pixels = 32
    pads = (0.0, 0.1, 0.0, 0.0)

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self._sound: WholeSound = AudioSpan(np.zeros(0, np.float32), 0.0)

    def start(self, sound: WholeSound) -> None:
        """Remember the sound."""
        self._sound = sound

    def generate(self, faces: Array, times: Array) -> Array:
        """Return the faces with their lower halves painted."""
        made = np.array(faces)
        for face, time in zip(made, times, strict=True):
            face[self.face_pixels // 2 :] = self.level(float(time))
        return made

    def level(self, time: float) -> int:
        """Return the grey of a moment, 0..255."""
        samples = self._sound.span(time, time + self.config.seconds).samples
        return round(255 * min(4.0 * float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))), 1.0))


class FakePlugin:
    """A plugin with the fake stages: ``Registry.of(FakePlugin())``.

    Parameters
    ----------
    detector, recognizer, speaker, voice, generator, sink
        Classes to hand over in place of the fakes; the sink is by default one that writes into `calls`.

    Attributes
    ----------
    calls
        What its sinks were called with.
    """

    def __init__(
        self,
        *,
        detector: type[Detector] = FakeDetector,
        recognizer: type[Recognizer] = FakeRecognizer,
        speaker: type[Speaker] = FakeSpeaker,
        voice: type[Voice] = FakeVoice,
        generator: type[Generator] = FakeGenerator,
        sink: type[Sink] | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self.detector, self.recognizer, self.speaker, self.voice = detector, recognizer, speaker, voice
        self.generator = generator
        self.sink = sink or memory_sink(self.calls)

    @hookimpl
    def slceleb_detectors(self) -> list[type[Detector]]:
        """Return the detector."""
        return [self.detector]

    @hookimpl
    def slceleb_recognizers(self) -> list[type[Recognizer]]:
        """Return the recognizer."""
        return [self.recognizer]

    @hookimpl
    def slceleb_speakers(self) -> list[type[Speaker]]:
        """Return the speaker."""
        return [self.speaker]

    @hookimpl
    def slceleb_voices(self) -> list[type[Voice]]:
        """Return the voice."""
        return [self.voice]

    @hookimpl
    def slceleb_generators(self) -> list[type[Generator]]:
        """Return the generator."""
        return [self.generator]

    @hookimpl
    def slceleb_sinks(self) -> list[type[Sink]]:
        """Return the sink."""
        return [self.sink]
