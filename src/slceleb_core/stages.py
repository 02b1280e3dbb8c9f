"""The stages that a plugin can provide, as abstract classes.

A plugin registers the *class* (see ``hookspecs``); a profile names it; the pipeline makes one object of it, enters it
as a context manager once, and feeds it video after video. Importing a plugin must stay light: heavy imports and model
loading belong into ``__enter__``, which reaches them through :meth:`Stage.open`.

Plugins perceive, the core decides: a stage returns scores, never decisions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from slceleb_core.errors import PluginError
from slceleb_core.media.speech import SpeechFinder
from slceleb_core.results import FrameResult, Rejection, Segment, Summary, TrackResult
from slceleb_core.types import (
    CROP_SIZE,
    USUAL_SOUND,
    Alignment,
    Array,
    AudioSpan,
    Calibration,
    FaceCrops,
    Faces,
    FaceWindows,
    Found,
    Frame,
    JsonValue,
    LagEvidence,
    Learnable,
    Meshed,
    Scores,
    SoundForm,
    TimeRange,
    Track,
    VideoInfo,
    VoiceFigures,
    WholeSound,
)

if TYPE_CHECKING:
    from slceleb_core.models import ModelFile, ModelStore, Terms

StageT = TypeVar("StageT", bound="Stage")

BATCH_FRAMES = 8
"""Frames that go through the stages together where a detector says nothing else: enough for a recognizer's batch."""


class StageConfig(BaseModel):
    """Options of a stage. Every field has a description and bounds; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


class Learned(BaseModel):
    """What decisions on segments have taught a stage; ``slceleb review learn`` makes it.

    It is for one stage in one form, and refused for any other: what a weight is worth depends on what is weighed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    stage: str = Field(description="name of the stage that has learned")
    revision: int = Field(ge=1, description="its revision")
    parts: dict[str, int] = Field(default_factory=dict, description="of what it is made of: revisions, by name")
    models: dict[str, str] = Field(default_factory=dict, description="sha256 of its model files, by name")
    options: dict[str, Any] = Field(default_factory=dict, description="its other options")
    values: dict[str, float] = Field(description="what it has learned: parameters, by name")
    decisions: dict[str, Any] = Field(
        default_factory=dict, description="what it has learned from: counts, and a hash of which decisions"
    )
    held_out: dict[str, Any] = Field(
        default_factory=dict, description="log loss on decisions that were held out, before and after"
    )

    @classmethod
    def of(cls, bound: BoundStage, values: Mapping[str, float], **told: Any) -> Learned:
        """Return what a stage, bound, has learned.

        Parameters
        ----------
        bound
            The stage with its options.
        values
            Parameters, by name.
        told
            ``decisions`` and ``held_out``.
        """
        return cls(**_form_of(bound), values=dict(values), **told)

    def chosen(self, names: Iterable[str]) -> dict[str, float]:
        """Return the values of these parameters.

        Raises
        ------
        PluginError
            One is not among them.
        """
        lacking = [name for name in names if name not in self.values]
        if lacking:
            what = f"what {self.stage} is to have learned has no value of {lacking[0]}"
            raise PluginError(what, "make it with `slceleb review learn`")
        return {name: self.values[name] for name in names}

    def unlike(self, bound: BoundStage) -> str | None:
        """Return in words why this is of no use to a stage, bound; None: it is that stage's."""
        form = _form_of(bound)
        if self.stage != form["stage"]:
            return f"{self.stage}, not {form['stage']}"
        if (self.revision, self.parts) != (form["revision"], form["parts"]):
            return f"revision {self.revision} of {self.stage}, which is {form['revision']} now{_parts_in_words(form)}"
        if self.models != form["models"]:
            return f"{self.stage} with other model files"
        changed = sorted(name for name, value in form["options"].items() if self.options.get(name) != value)
        return f"{self.stage} with another {changed[0]}" if changed else None


def _form_of(bound: BoundStage) -> dict[str, Any]:
    """Return all that decides what parameters of a stage are worth."""
    options = bound.config.model_dump(mode="json", exclude=set(NOT_OF_A_FORM))
    for part in options.get("of", ()):
        part["options"] = {name: value for name, value in part["options"].items() if name not in NO_PART}
    return {
        "stage": bound.stage.name,
        "revision": bound.stage.revision,
        "parts": {part.stage.name: part.stage.revision for part in bound.stage.parts},
        "models": {file.name: file.sha256 for file in bound.stage.model_files},
        "options": options,
    }


NO_PART = ("diagnostics",)
"""Options that only decide what is handed out beside a score."""

NOT_OF_A_FORM = (*NO_PART, "learned", "weights")
"""Options beside which the same parameters are learned, or whose place they take."""


def _parts_in_words(form: Mapping[str, Any]) -> str:
    made = ", ".join(f"{name} {revision}" for name, revision in form["parts"].items())
    return f" (of {made})" if made else ""


def _or_a_file(schema: dict[str, Any]) -> None:
    """Let an editor accept a file's name, which is replaced by what the file holds before a profile is checked."""
    schema["anyOf"].insert(0, {"type": "string"})


LEARNED: Any = Field(
    default=None,
    description="what `slceleb review learn` has made of decisions on this stage's segments, or the file that it is "
    "in; null: the weights that the stage comes with",
    json_schema_extra=_or_a_file,
)
"""The option ``learned`` of a stage that can learn: ``learned: Learned | None = LEARNED``."""


@dataclass(frozen=True, slots=True)
class StageContext:
    """What the core hands to every stage it makes.

    Attributes
    ----------
    models
        Where model files are found: ``context.models.locate(FILE)``.
    device
        ``auto``, ``cpu`` or ``cuda``: the machine's setting, not the profile's.
    offline
        Whether the user forbids every connection (``SLCELEB_OFFLINE``); a stage that would open one raises instead.
    speech
        Tells where a voice is heard, found once a video for all stages that ask: ``context.speech.find``.
    threads
        Processor threads that a stage should keep to, as others work beside it; None: as many as it likes.
    decoder
        ``libav`` or ``nvdec``: what decodes pictures, as the machine's settings say.
    """

    models: ModelStore
    device: str = "auto"
    offline: bool = False
    speech: SpeechFinder = field(default_factory=SpeechFinder)
    threads: int | None = None
    decoder: str = "libav"


@dataclass(frozen=True, slots=True)
class BoundStage:
    """A stage class with its checked options.

    Attributes
    ----------
    stage
        The class.
    config
        Its options.
    """

    stage: type[Stage]
    config: StageConfig


class Binding(Protocol):
    """Finds the stage that options name, and checks its own options."""

    def __call__(self, role: str, use: str, options: Mapping[str, Any], place: str) -> BoundStage:
        """Return a stage of that role and name with its options.

        Parameters
        ----------
        role, use
            Of the stage, as a profile has them.
        options
            Its own, unchecked.
        place
            Where among the options of whoever asks it is named, for errors: ``of.0``.

        Raises
        ------
        PluginError
            There is none of that name, or it is broken.
        ProfileError
            Its options do not hold.
        """


class Stage(ABC):
    """What all stages share: a name, options, a revision, and a life as a context manager.

    Attributes
    ----------
    name
        What a profile calls it.
    Config
        Its options.
    revision
        Raised whenever the same input would give other output than before.
    model_files
        Every model file that it may need, for ``slceleb models``.
    networks
        What it has networks for, and what runs each, for ``slceleb doctor``: ``{"face recognition": "ONNX Runtime"}``.
        What ONNX Runtime runs goes where :mod:`slceleb_core.models.providers` chooses, anything else to the processor.
    parts
        Other stages that it is made of, once it is bound (:meth:`bound`): their versions count in the keys of what it
        makes, and stand in results.
    terms
        Of files of the user's own that it may be handed: to be accepted once, as those of ``model_files``.
    without_effect
        Names of options that do not decide what it gives, and so may be left out of its signature: its suite asks that
        all others count.
    """

    name: ClassVar[str]
    Config: ClassVar[type[StageConfig]]
    revision: ClassVar[int] = 1
    model_files: ClassVar[tuple[ModelFile, ...]] = ()
    terms: ClassVar[tuple[Terms, ...]] = ()
    networks: ClassVar[Mapping[str, str]] = {}
    parts: ClassVar[tuple[BoundStage, ...]] = ()
    without_effect: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        self.config: Any = config
        self.context = context

    @classmethod
    def bound(cls, config: StageConfig, bind: Binding) -> BoundStage:  # noqa: ARG003 - for those who override it
        """Return what is used where a profile names this stage: itself, unless it is made of stages that options name.

        One that is returns a class of its own, derived from itself, with :attr:`parts` and whatever follows from them,
        and the options with those of its parts written out.

        Parameters
        ----------
        config
            The options.
        bind
            Finds the parts.
        """
        return BoundStage(cls, config)

    @classmethod  # noqa: B027 - most stages need nothing that may be missing
    def check(cls, config: StageConfig) -> None:
        """Make sure that a stage with these options can run on this machine, as far as is known without opening it.

        It is asked when a profile is validated, by the doctor, and before the first video of a run: what `open` would
        miss later, such as an optional package, is said here. It is quick, imports nothing heavy, and looks for no
        model file: that is for :meth:`check_models`.

        Raises
        ------
        SlcelebError
            Something is missing, with a hint on how to get it.
        """

    @classmethod  # noqa: B027 - most stages need no model
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:
        """Make sure that the model files are there that `open` takes under these options, and may be used.

        It is asked where :meth:`check` is, except where others than this machine will open the stage. ``models.locate``
        raises what is to be said of a pinned file: that it is nowhere, is another, or has terms that nobody has
        accepted. What `open` fetches by itself is not missing. Nothing is loaded, and nothing fetched.

        Raises
        ------
        SlcelebError
            A file cannot be used, with a hint on what to do.
        """

    def fetch(self) -> None:  # noqa: B027 - where all models are pinned or named by their path there is nothing to do
        """Bring what is not pinned and not on this machine yet to it, where :meth:`signature` depends on it.

        It is called on stages that are not open, before they are asked for their signature for work that is about to
        begin; so that work has the same keys the first time as ever after. Nothing is fetched for a preview.

        Raises
        ------
        SlcelebError
            It cannot be fetched, or the user forbids every connection (``context.offline``).
        """

    def open(self) -> None:  # noqa: B027 - a stage without models has nothing to do
        """Import what is heavy and load models. Raises SlcelebError where something is missing."""

    def close(self) -> None:  # noqa: B027 - likewise
        """Let go of everything; called a second time it does nothing."""

    def report(self) -> Mapping[str, JsonValue]:
        """Return what the result should record of this stage: models, devices chosen, hit rates. JSON-ready."""
        return {}

    def signature(self) -> JsonValue:
        """Return all that decides its output beside its input: its options, unless it says more. JSON-ready.

        Earlier output is used again as long as name, version, revision and signature stay the same. So a file that an
        option names counts by its content, and whatever is chosen by what is installed counts by the choice. It is
        called on stages that are not open, and is quick: what is to be fetched first, :meth:`fetch` has fetched.

        Raises
        ------
        SlcelebError
            A file that an option names cannot be read.
        """
        return self.config.model_dump(mode="json")

    def __enter__(self: StageT) -> StageT:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Detector(Stage):
    """Finds faces on frames.

    Attributes
    ----------
    provides
        The optional columns of ``Faces`` that it fills (its capabilities), such as ``{"keypoints5"}``. Without
        ``keypoints5`` faces cannot be compared with photos: it serves profiles with ``embed: null``.
    batch_frames
        How many frames it likes to be handed together. It may be handed fewer: the last ones, large pictures, and where
        what is looked at next depends on what was found.
    """

    provides: ClassVar[frozenset[str]] = frozenset()
    batch_frames: ClassVar[int] = BATCH_FRAMES

    @classmethod
    def capabilities(cls, config: StageConfig) -> frozenset[str]:  # noqa: ARG003 - for those who override it
        """Return what it provides under these options; `provides` unless an option adds to it."""
        return cls.provides

    @abstractmethod
    def start(self, video: VideoInfo) -> None:
        """Forget the previous video."""

    @abstractmethod
    def detect(self, frames: Sequence[Frame]) -> Sequence[Faces | None]:
        """Return the faces of each frame; None: it was not looked at.

        No faces say that there are none. A frame that was not looked at has those that are on the frames before and
        behind it that were, at a place in between (``Faces.looked``). The first frame of a shot is always looked at.

        Frames come in order of time; how they are divided into batches must not change the result. State that is kept
        from frame to frame must be dropped where ``Frame.shot`` changes.
        """


class MeshingDetector(Detector):
    """Finds faces now and then, and looks at each through a window of its own in between.

    Finding is dear and a look is cheap, and neither is needed of every face on every frame: the core asks to find on
    key frames, and lets those faces be looked at in between that matter to the result. A detector that cannot part
    the two is a :class:`Detector`, and is asked for every frame.

    Attributes
    ----------
    window_pixels
        Side, in pixels, in which it wants windows.
    """

    window_pixels: ClassVar[int]

    @abstractmethod
    def find(self, frames: Sequence[Frame]) -> list[Found]:
        """Return the faces of each key frame, and the window of each.

        Frames come in order of time, and as `detect` says, but with others left out in between: up to half a second of
        them, as a rule.
        """

    @abstractmethod
    def mesh(self, windows: FaceWindows) -> Meshed:
        """Return the faces that are seen through windows.

        Nothing is kept from one to the next, and how they are divided into batches must not change the result. It may
        be called from another thread than `find`, while that is at work.
        """

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the faces of each frame: all are key frames."""
        return [found.faces for found in self.find(frames)]


class Recognizer(Stage):
    """Turns aligned face pictures into embeddings.

    Attributes
    ----------
    crop_size
        Side, in pixels, of the square pictures that it takes. Known once it is made, before it is open, as `template`:
        where options decide them, they are set when it is made.
    template
        Where the five points of a face belong in such a picture: [5, 2], pixels, in the order of ``Faces.keypoints5``.
        None: where ArcFace has them, in a picture of that size.
    dim
        Length of an embedding; known once the stage is open.
    threshold
        The cosine similarity that the model's authors publish as its operating point; known once the stage is open.
    model_hash
        sha256 of the file that decides its embeddings, in hex; empty where that is not one file. Known once it is open.
    calibration
        What was measured of the model's errors, where that is known: the operating point then follows from a stated
        rate of false names (``identity.fpir``), and else is `threshold`. Known once the stage is open.
    """

    dim: int
    threshold: float
    model_hash: str = ""
    calibration: Calibration | None = None
    crop_size: int = CROP_SIZE
    template: Array | None = None

    def alignment(self) -> Alignment:
        """Return how it wants to be shown a face, as it states.

        Raises
        ------
        PluginError
            What it states is no size, or no face.
        """
        try:
            if self.template is None:
                return Alignment.arcface(self.crop_size)
            return Alignment(self.crop_size, self.template)
        except (TypeError, ValueError) as error:
            raise PluginError(f"the recognizer {self.name!r} does not state what crops it takes: {error}") from error

    @abstractmethod
    def start(self, video: VideoInfo) -> None:
        """Forget the previous video."""

    @abstractmethod
    def embed(self, crops: FaceCrops) -> Array:
        """Return float32 [n, dim], each row of unit length; how crops are divided into batches must not matter.

        A row that is not finite says that nothing can be told of a face: it has no vote, and a photo of it is not used.
        """


CLAIMS: Mapping[str, str] = {
    "sync": "a voice that is not in time with the lips, or no voice at all, scores lower than one that is",
    "dub": "another's voice over a face, and a voice over a still face or a listener, scores lower than the own one",
    "rivals": "of two faces that move their mouths the one whose voice it is scores higher",
    "loudness": "a recording that is softer or louder scores the same",
    "lag": "it tells by how much a sound is early or late, far beyond what it scores at (`Speaker.lag_evidence`)",
}
"""What a speaker stage can claim of its scores (``Speaker.claims``); without a claim, it is no fault to break it."""


class Speaker(Stage):
    """Tells how likely it is that a visible face makes the sound that is heard.

    Attributes
    ----------
    requires
        Capabilities that the detector must have.
    needs_pixels
        Whether `observe` looks at pictures. One that goes by what the detector gives says no: then pictures need not be
        kept for it until it is settled whose lips matter, and it is handed frames of no pixels.
    observe_rate
        Frames a second of which it is asked to observe at most; None: of every frame. It is not asked of those in
        between, its tracks have no row there, and the core places their scores between those of the frames around them.
    keeps_observations
        Whether what it observes is worth keeping for another run, where it is large and made again in no time.
    claims
        What it promises of its scores beside the contract, of :data:`CLAIMS`: the suite of its role then shows it.
    context_seconds
        How much sound and picture on either side of a moment its score may depend on, beside what was listened to and
        surveyed. A shot that is too long to be held is handed over in spans that overlap by twice this. Where it
        follows from options it is set on the object, in ``__init__`` or, where the model tells, in `open`: 60 at most.
    sound_form
        In which form it wants the sound, in `listen`, `survey` and `score`. Where that follows from options it is set
        on the object in ``__init__``. Another one than the usual is decoded beside that, and costs a second pass.
    """

    requires: ClassVar[frozenset[str]] = frozenset()
    needs_pixels: ClassVar[bool] = True
    observe_rate: ClassVar[float | None] = None
    keeps_observations: ClassVar[bool] = True
    claims: ClassVar[frozenset[str]] = frozenset()
    context_seconds: float = 3.0
    sound_form: SoundForm = USUAL_SOUND

    @abstractmethod
    def start(self, video: VideoInfo) -> None:
        """Forget the previous video."""

    def listen(self, sound: WholeSound) -> None:
        """Take in the sound of the whole video, once, before the first score.

        What a span's score is measured against, such as loudness, belongs here: so it does not depend on where spans
        begin. A stage must score without it too, by what it is given. There may be holes of days in it, where the
        file's clock jumps: :mod:`slceleb_core.media.folding` takes them out.
        """

    @abstractmethod
    def observe(self, frame: Frame, faces: Faces) -> Array:
        """Return [n, ...]: what must outlive the frame's pixels; small, and the same shape for each face.

        It is uint8, float16 or float32, and comes back as such. A face may have no landmarks (``Faces.landmarks478``),
        as it is seen from the side, or as nobody looked at its lips, for they cannot change the result. What is
        returned for it may be NaN; its score may not. A stage that looks at pictures is not asked of frames on which
        nobody's lips are followed.
        """

    def observe_batch(
        self,
        frames: Sequence[Frame],
        faces: Sequence[Faces],
        tracks: Sequence[Array],  # noqa: ARG002 - for those who override it
    ) -> list[Array]:
        """Return what :meth:`observe` does, of several frames at once: for a network that runs on batches.

        Parameters
        ----------
        frames
            In order of time; how they are divided into batches must not change the result.
        faces
            Of each frame.
        tracks
            Of each frame, int64 [n]: which track each face is of.
        """
        return [self.observe(frame, of_frame) for frame, of_frame in zip(frames, faces, strict=True)]

    def wants(self, faces: Faces) -> bool:
        """Tell whether it is asked to observe a frame with these faces.

        One that looks at pictures is not, where nobody's lips are followed.
        """
        followed = faces.followed
        return followed is None or not self.needs_pixels or not len(followed) or bool(followed.any())

    def observation_signature(self) -> JsonValue:
        """Return what `observe` depends on beside its input, as :meth:`signature`, which it is unless it says less."""
        return self.signature()

    def survey(self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange) -> None:
        """Take in a span before any is scored: what holds for the whole video can be told from all of them together.

        That is, for instance, a constant lag between lips and sound. Every span of the video is handed over, in order,
        one without a track too; behind the last of them, `score` is called for each in the same order. A stage must
        score without it too, by what it is given. What it keeps must not grow with the length of the video by more
        than what :meth:`listen` may keep of the sound.

        Parameters
        ----------
        tracks, audio
            As of :meth:`score`, context included.
        own
            Which part is this span's own, and no other's: ``own.holds(track.times)``. What is outside of it is context,
            and comes once more as its neighbours' own. So nothing is counted twice, and how a shot is divided into
            spans does not matter. Both ends are given.
        """

    def learnable(self) -> Learnable | None:
        """Return what decisions on segments can teach it; None: nothing.

        It is asked of stages that are not open. Whoever returns something has an option ``learned``
        (:data:`LEARNED`), goes by its values, and says so in its signature. The diagnostics that its log odds rest on
        are in its scores, at least where an option ``diagnostics`` is true.
        """
        return None

    @property
    def lag(self) -> float | None:
        """Seconds by which the sound of the whole video comes after its pictures, known once it has been surveyed.

        A constant lag is a fault of the recording, and no sign of another's voice: stretches are judged by how far
        their own lag (``Scores.lag``) is from it. None: it cannot be told; they are judged as if it were 0.
        """
        return None

    def lag_evidence(
        self,
        tracks: Sequence[Track],  # noqa: ARG002 - for those who override it
        audio: AudioSpan,  # noqa: ARG002
        own: TimeRange,  # noqa: ARG002
        reach: float,  # noqa: ARG002
    ) -> list[LagEvidence]:
        """Return how far each face goes with the sound at each lag, stretch by stretch.

        It is asked of stages that claim ``lag``, when lips and sound are to be brought together: by a film that is 800
        ms off, say, at which no stage scores. It comes behind :meth:`listen`, span by span, and changes nothing of
        what the stage has surveyed.

        Parameters
        ----------
        tracks, audio, own
            As of :meth:`survey`; a stretch lies in `own`, and what was listened to counts, not only `audio`.
        reach
            Seconds by which the sound may be early or late; the lags go that far either way.

        Raises
        ------
        PluginError
            The stage cannot tell, under these options.
        """
        raise untold(self.name)

    @abstractmethod
    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
        """Return, for each track and each of its rows, the confidence that this face is speaking.

        All tracks of one span of one shot come together, so that faces can compete for the one sound. `audio` covers
        them, as far as the file has sound. `context_seconds` away from a span's ends, how a shot is divided into spans
        must not change the result.
        """


def demand_lag(speaker: type[Speaker]) -> None:
    """Make sure that a speaker stage tells lags.

    Raises
    ------
    PluginError
        It does not.
    """
    if "lag" not in speaker.claims:
        raise untold(speaker.name)


def untold(speaker: str) -> PluginError:
    """Return that a speaker stage, by its name, does not tell lags."""
    return PluginError(
        f"the speaker {speaker} does not tell by how much a sound is early or late",
        "choose one that claims lag (`slceleb plugins show NAME`), such as xcorr",
    )


class Voice(Stage):
    """Turns stretches of sound, in each of which one person speaks, into embeddings of whose voice it is.

    It knows of no video: what it is handed is compared across videos, once they are done.

    Attributes
    ----------
    shortest
        Seconds of sound below which it can tell nothing. Where that follows from options, it is set on the object in
        ``__init__``.
    dim
        Length of an embedding; known once the stage is open.
    threshold
        The cosine similarity that the model's authors publish as its operating point; known once the stage is open.
    model_hash
        sha256 of the file that decides its embeddings, in hex; empty where that is not one file. Known once it is open.
    figures
        How alike its embeddings are, by length, where its author has measured that; else it is guessed at, until a
        corpus tells.
    """

    shortest: float
    figures: ClassVar[VoiceFigures] = VoiceFigures()
    dim: int
    threshold: float
    model_hash: str = ""

    @abstractmethod
    def embed(self, sounds: Sequence[AudioSpan]) -> Array:
        """Return float32 [n, dim], each row of unit length, for sounds of 16 kHz, mono, and of any lengths.

        A row that is not a number throughout says that nothing can be told of a sound, as it is shorter than `shortest`
        or silent. Nothing is kept from one sound to the next: neither how they are divided into batches, nor their
        order, nor what was embedded before may matter. Where a sound lies on its clock does not matter either.
        """


class GeneratorConfig(StageConfig):
    """Options that every generator has."""

    model: Path | None = Field(
        default=None, description="The network, a file of your own; `slceleb lipsync --model` names it."
    )


class Generator(Stage):
    """Makes the mouth of a face anew, so that its lips fit a sound.

    It stands apart from what collects evidence: no profile has one. It is handed squares and gives squares; whose face
    is changed, where, and what is said of it, is the core's affair (``slceleb lipsync``). Its options derive from
    :class:`GeneratorConfig`.

    Attributes
    ----------
    face_pixels
        Side, in pixels, of the pictures that it takes and gives.
    pads
        By how much the box of a face is larger than the detector's, at its top, bottom, left and right, in parts of the
        box's height or width. Where that follows from options it is set on the object, in ``__init__``.
    batch_faces
        How many faces it likes to be handed together; it may be handed fewer.
    """

    face_pixels: ClassVar[int]
    pads: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    batch_faces: ClassVar[int] = 16

    @abstractmethod
    def start(self, sound: WholeSound) -> None:
        """Take in the sound that lips are to fit, 16 kHz and mono, and forget the one before."""

    @abstractmethod
    def generate(self, faces: Array, times: Array) -> Array:
        """Return uint8 [n, face_pixels, face_pixels, 3], RGB: the faces, with lips as they are at these times.

        What it is handed is left as it is. Nothing is kept from one face to the next: neither how they are divided into
        batches, nor their order, nor what was generated before may matter.

        Parameters
        ----------
        faces
            uint8, of the same shape: boxes of faces, each brought to a square whatever its shape was.
        times
            float64 [n]: seconds on the clock of the sound, finite; they may lie before its beginning or behind its end,
            where it is silent.
        """


class Clipper(Protocol):
    """Cuts stretches out of the video being processed, to exact times; handed to sinks."""

    def cut_audio(self, start: float, end: float, target: Path) -> None:
        """Write `start`..`end` (PTS seconds) to `target` as WAV: 16 kHz, mono, 16 bit."""

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write `start`..`end` (PTS seconds) to `target` as MP4, re-encoded, sound included."""

    def copy_video(self, start: float, end: float, target: Path) -> bool:
        """Do what `cut_video` does with the pictures as they are stored, where that is exact, and tell whether it was.

        Where it is not, nothing is written.
        """

    def queue(self, work: Callable[[], None]) -> None:
        """Have `work`, which cuts with this clipper, done on another thread beside the run, and return.

        It is all done when the first sink is asked to commit, and broken off when the video is aborted. What it raises
        is raised again by a later call of this or, at the latest, before that; of several errors it is the one of the
        work that was handed in first. It may wait until there is room. Work is begun in the order in which it comes and
        ends in any, so each writes files of its own.
        """


class PictureCutter(Protocol):
    """Cuts stretches out of the video of one camera of a group, with the sound that is heard."""

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write `start`..`end` (seconds of the group's clock) to `target`, as ``Clipper`` does."""


@dataclass(frozen=True, slots=True)
class SinkJob:
    """One video's outputs, as a sink sees them.

    Attributes
    ----------
    video
        The video's facts.
    folder
        Where to write. It is moved into place as a whole once every sink has committed, so a file in it never looks
        finished before it is.
    output_dir
        The run's output folder: read it, but write to it only in `Sink.collect`.
    name
        The name that `folder` will have in `output_dir`.
    clips
        Cuts sound and pictures out of the video. Of a group of cameras it cuts what is heard, and a segment out of the
        video of the camera that shows it.
    cameras
        Of a group of which other views are wanted than the best, by the names of its cameras: what cuts the pictures of
        each; empty: none are.
    camera
        Of a group: the name of the camera of `video`, on whose clock all times are; empty without a group.
    """

    video: VideoInfo
    folder: Path
    output_dir: Path
    name: str
    clips: Clipper
    cameras: Mapping[str, PictureCutter] = field(default_factory=dict)
    camera: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """What changes of a finished video: somebody has looked through it, or is taken out of the corpus.

    Attributes
    ----------
    folder
        Where its results stand.
    name
        What the video is called in its output folder.
    segments
        All that stand from now on, by id.
    gone
        Those that are taken out.
    back
        Those that had been taken out, and come back; they are among `segments`.
    person
        Who is taken out with everything that is known of them, so that their name may stand nowhere; None: nobody.
    removed
        Whether the whole video is taken out. Its folder is deleted then, whatever is said of it.
    """

    folder: Path
    name: str
    segments: tuple[Segment, ...]
    gone: tuple[Segment, ...] = ()
    back: tuple[Segment, ...] = ()
    person: str | None = None
    removed: bool = False


class Sink(Stage):
    """Writes results.

    The calls come as ``start (frame | segment | rejection | track)* (commit published | abort)``, for video after
    video. Frames come in order; a segment or rejection comes after its last frame, a track after its last segment.
    `collect` comes by itself, and so does `revise`.

    Attributes
    ----------
    outputs
        What it leaves in a video's folder: names of files and folders there, or patterns such as ``labels.*``. By them
        it is known whose they are when something is taken out of the corpus.
    """

    outputs: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def start(self, job: SinkJob) -> None:
        """Begin a video."""

    def frame(self, frame: FrameResult) -> None:
        """Take a frame."""

    def track(self, track: TrackResult) -> None:
        """Take a track that has ended."""

    def segment(self, segment: Segment) -> None:
        """Take a segment."""

    def rejection(self, rejection: Rejection) -> None:
        """Take a stretch that is no segment, and why."""

    @abstractmethod
    def commit(self, summary: Summary) -> None:
        """Finish every file in the job's folder. The folder is then moved into place."""

    def published(self, folder: Path) -> None:
        """Do what has to wait until the results stand at `folder`, such as a message to another machine."""

    def collect(self, output_dir: Path) -> None:
        """Write what is about the whole output folder from what its videos' folders hold, such as a table of all.

        It is called once when a run ends, in one process only, whoever has processed the videos; on a sink that may
        have seen none of them.
        """

    def revise(self, revision: Revision) -> bool:  # noqa: ARG002 - for those who override it
        """Bring what it left of a finished video in line with what changes, and tell whether that is done.

        Where it is not, its `outputs` are taken out of the folder: they would show what is to be gone. It is called
        before the results themselves are edited, so go by what is told; and the same call may come twice, as somebody
        may be stopped in the middle. `collect` comes behind it.
        """
        return False

    @abstractmethod
    def abort(self) -> None:
        """Let go of everything, leaving nothing outside of the job's folder, which is deleted; safe at any time."""
