"""The values that flow through the pipeline: frozen, columnar, checked once where they are made.

Pixels are those of the picture as a player shows it, *upright* and of *square* pixels (rotation metadata and pixel
aspect applied), x to the right and y down, with the origin at the top left corner of the top left pixel. Times are
seconds on the video file's own PTS clock, for pictures and sound alike. Arrays are made read-only at the door, so that
a value can be shared without a copy.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
JsonValue: TypeAlias = Any

MONO = "mono"
"""The layout of one channel, in libav's words."""

LEAST_RATE, MOST_RATE = 8_000, 192_000
"""Samples per second that a stage can ask for: of a telephone, and the most that recorders have."""

SAMPLE_RATE = 16_000
"""Sampling rate, in Hz, of all audio inside the program: what speech models of this field are trained on."""

LANDMARKS = 478
"""Points of MediaPipe's face mesh with irises (Face Landmarker model card)."""

BLENDSHAPES = 52
"""Coefficients of MediaPipe's blendshape model (ARKit's names)."""

CROP_SIZE = 112
"""Side, in pixels, of the pictures that ArcFace and its successors take (J. Deng et al., "ArcFace", CVPR 2019)."""

ARCFACE_TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float64,
)
"""[5, 2]: where the eyes, the nose tip and the mouth's corners belong in a crop of 112 pixels, in the order of
``Faces.keypoints5`` (InsightFace, ``insightface/utils/face_align.py``: ``arcface_dst``). Read-only."""
ARCFACE_TEMPLATE.flags.writeable = False


LEAST_PEOPLE = 2
"""People of whom photos are needed to measure how alike different people are."""


def _frozen(values: object, dtype: npt.DTypeLike, shape: tuple[int | None, ...], name: str) -> Array:
    """Return `values` as a read-only array of that dtype, or raise ValueError where its shape differs."""
    array = np.asarray(values, dtype=dtype)
    found = array.shape
    if found != shape and not _fits(found, shape):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {list(found)}, expected [{wanted}]")
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def _fits(found: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    """Tell whether a shape is one that is wanted; None stands for any length."""
    return len(found) == len(shape) and all(want in (None, got) for want, got in zip(shape, found, strict=True))


def _finite(values: Array, name: str) -> None:
    """Raise ValueError where a value, whose first axis are rows, is infinite or not a number."""
    finite = np.isfinite(values)
    if not finite.all():
        rows = finite.reshape(len(values), math.prod(values.shape[1:])).all(axis=1)
        raise ValueError(f"{name} is not finite in row {int(np.argmin(rows))}")


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One of a file's audio tracks, as the container describes it.

    Attributes
    ----------
    number
        Which of the file's audio tracks it is, counted from 1.
    codec
        libav's name of it, such as ``aac``; empty where libav has no decoder for it.
    language, title
        As the file says; empty where it does not.
    channels, rate
        How many, and samples per second of each; 0 where they are not known.
    default
        Whether the file marks it as the one to be played.
    roles
        What else the file says that it is for, such as ``comment``, ``dub`` or ``visual_impaired``.
    taken_as
        Why it is listened to: ``default`` (the first that is marked so), ``first`` (none is) or ``asked for``; empty:
        it is not.
    """

    number: int
    codec: str = ""
    language: str = ""
    title: str = ""
    channels: int = 0
    rate: int = 0
    default: bool = False
    roles: tuple[str, ...] = ()
    taken_as: str = ""


@dataclass(frozen=True, slots=True)
class Restart:
    """A place at which a file's own clock begins anew.

    Attributes
    ----------
    time
        Second of the results, whose clock goes on there.
    clock
        Second that the file itself gives there.
    shift
        What the results add to the file's time stamps from there on: what they say is at `time` is at `time - shift`
        on the file's own clock.
    """

    time: float
    clock: float
    shift: float


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What the container says of a video, before a frame is decoded.

    Attributes
    ----------
    path
        The file.
    width, height
        Size of the upright picture, in square pixels; 0 where there is no video stream.
    rotation
        Degrees, counter-clockwise, by which decoded pictures are turned to be upright: 0, 90, 180 or 270.
    frame_rate
        Average frames per second; informative only (time is PTS), None when unknown.
    start
        PTS of the first video frame, in seconds, as the container states it.
    duration
        Seconds from `start` to the end of the video stream; None when the container does not say.
    has_audio
        Whether there is sound that can be decoded.
    audio
        The audio track that is listened to; None where there is none.
    restarts
        Where the file's own clock begins anew; the results' clock goes on.
    """

    path: Path
    width: int
    height: int
    rotation: int = 0
    frame_rate: float | None = None
    start: float = 0.0
    duration: float | None = None
    has_audio: bool = True
    audio: SoundTrack | None = None
    restarts: tuple[Restart, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The part of a video that is looked at, on the clock of the results.

    Attributes
    ----------
    start
        PTS seconds of its beginning; None: that of the video.
    end
        PTS seconds of its end, which is not part of it; None: that of the video.
    """

    start: float | None = None
    end: float | None = None

    def __post_init__(self) -> None:
        start, end = (math.nan if value is None else value for value in (self.start, self.end))
        if math.isinf(start) or math.isinf(end) or end <= start:
            raise ValueError(f"no time lies between {self.start} and {self.end}")

    def __contains__(self, time: float) -> bool:
        return (self.start is None or time >= self.start) and not self.over(time)

    def over(self, time: float) -> bool:
        """Tell whether a time, PTS seconds, lies behind it."""
        return self.end is not None and time >= self.end

    def holds(self, times: Array) -> Array:
        """Return bool [n]: which of the times, float64 [n] PTS seconds, lie in it."""
        start, end = (-math.inf if self.start is None else self.start), (math.inf if self.end is None else self.end)
        return np.asarray((times >= start) & (times < end))

    def __str__(self) -> str:
        begin = "its beginning" if self.start is None else f"{self.start:g} s"
        end = "its end" if self.end is None else f"{self.end:g} s"
        return f"from {begin} to {end}"


WHOLE = TimeRange()
"""All of a video."""


class Pixels(Protocol):
    """The pixels of one picture, which may be computed only when they are asked for, and only those that are.

    All arrays are uint8 [height, width, 3], RGB, upright, read-only. It may be asked from several threads.
    """

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""

    def whole(self) -> Array:
        """Return all of them; kept from then on, as long as this lives."""

    def part(self, x0: int, y0: int, x1: int, y1: int) -> Array:
        """Return ``whole()[y0:y1, x0:x1]`` to the bit, of a rectangle that lies within the picture."""

    def reduced(self, x0: int, y0: int, x1: int, y1: int, size: tuple[int, int]) -> Array:
        """Return a rectangle that lies within the picture, scaled by averaging; `size` is width and height.

        Where nothing is turned, it begins on even pixels: colours may be stored for two of them together.
        """

    def small(self, width: int, height: int) -> Array:
        """Return the whole picture, scaled to a size by averaging; not kept."""


SAMPLES = 4
"""Pixels in each direction that one of a picture made small is averaged over; from more, every nth is taken, or an 8K
picture would cost 30 ms."""


def thinning(size: tuple[int, int], small: tuple[int, int]) -> int:
    """Return of how many pixels in each direction one suffices for a small picture; both sizes are width and height."""
    return max(1, min(many // (SAMPLES * few) for many, few in zip(size, small, strict=True)))


def shrunk(image: Array, width: int, height: int) -> Array:
    """Return uint8 [height, width] or [height, width, 3]: a picture, or a plane of one, averaged to a size."""
    import cv2  # here, as these types are imported by whatever never looks at a picture

    dense = image if image.strides[1] == image[0, 0].nbytes else np.ascontiguousarray(image)
    return np.asarray(cv2.resize(dense, (width, height), interpolation=cv2.INTER_AREA))


class ArrayPixels:
    """Pixels that are at hand.

    Parameters
    ----------
    image
        uint8 [height, width, 3], RGB, upright.
    """

    __slots__ = ("_image",)

    def __init__(self, image: Array) -> None:
        self._image = _frozen(image, np.uint8, (None, None, 3), "image")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width, _ = self._image.shape
        return width, height

    def whole(self) -> Array:
        """Return them."""
        return self._image

    def part(self, x0: int, y0: int, x1: int, y1: int) -> Array:
        """Return a rectangle of them."""
        return self._image[y0:y1, x0:x1]

    def reduced(self, x0: int, y0: int, x1: int, y1: int, size: tuple[int, int]) -> Array:
        """Return a rectangle of them, scaled to a size."""
        return _frozen(shrunk(self._image[y0:y1, x0:x1], *size), np.uint8, (None, None, 3), "reduced")

    def small(self, width: int, height: int) -> Array:
        """Return them scaled to a size."""
        step = thinning(self.size, (width, height))
        return _frozen(shrunk(self._image[::step, ::step], width, height), np.uint8, (None, None, 3), "small")


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Frame:
    """One decoded picture.

    Pixels cost what is asked of them: a frame that is read from a video holds the picture as it was decoded.

    Parameters
    ----------
    index, time, shot, pixels
        As in the attributes.
    image
        uint8 [height, width, 3], RGB, upright: pixels that are at hand, instead of `pixels`.

    Attributes
    ----------
    index
        Number of the frame in the file, from 0.
    time
        PTS in seconds.
    shot
        Number of the shot (a stretch between two hard cuts) that the frame belongs to, from 0. Whoever keeps state
        from frame to frame must drop it where the number changes.
    pixels
        What it shows.
    """

    index: int
    time: float
    shot: int
    pixels: Pixels

    def __init__(
        self, index: int, time: float, image: Array | None = None, shot: int = 0, *, pixels: Pixels | None = None
    ) -> None:
        # `dataclasses.replace(frame, image=...)` gives both, and means the image.
        known = pixels if image is None else ArrayPixels(image)
        if known is None:
            raise TypeError("a frame needs an image, or pixels")
        for name, value in (("index", index), ("time", time), ("shot", shot), ("pixels", known)):
            object.__setattr__(self, name, value)

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.pixels.size[0]

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.pixels.size[1]

    @property
    def image(self) -> Array:
        """All of it: uint8 [height, width, 3], RGB, upright, read-only.

        It is made when it is first asked for, and kept as long as the frame lives: whoever looks at a part of it, or at
        all of it from afar, asks for :meth:`part` or :meth:`small`.
        """
        return self.pixels.whole()

    def part(self, x0: int, y0: int, x1: int, y1: int) -> Array:
        """Return a rectangle of it, clipped to the picture: the same pixels as ``image[y0:y1, x0:x1]``, read-only.

        Parameters
        ----------
        x0, y0, x1, y1
            Its edges in pixels; the last two are not part of it.
        """
        left, top = min(max(x0, 0), self.width), min(max(y0, 0), self.height)
        return self.pixels.part(left, top, max(min(x1, self.width), left), max(min(y1, self.height), top))

    def small(self, width: int, height: int) -> Array:
        """Return all of it scaled to a size, by averaging: uint8 [height, width, 3], read-only.

        That is cheaper than :attr:`image`, which it does not make; it is not kept.
        """
        return self.pixels.small(width, height)


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The n faces of one frame, a column a property.

    Where a face is, must be told in finite numbers: `boxes`, `scores` and `keypoints5` are refused otherwise. What else
    is not known of one face is NaN, throughout its row of that column.

    Attributes
    ----------
    boxes
        float32 [n, 4]: x0, y0, x1, y1 in pixels; may reach beyond the picture.
    scores
        float32 [n]: the detector's confidence, 0..1.
    keypoints5
        float32 [n, 5, 2] or None: the eye on the picture's left, the eye on its right, nose tip, the mouth corner on
        the left, the one on the right (the order of ArcFace's alignment template). Capability ``keypoints5``.
    landmarks478
        float32 [n, 478, 3] or None: MediaPipe's face mesh, x and y in pixels, z in pixels of the same scale with
        smaller values nearer to the camera. A face that is found and has no mesh, such as one seen from the side, has
        NaN throughout. Capability ``landmarks478``.
    pose
        float32 [n, 3] or None: yaw, pitch, roll in degrees, zero where the face looks into the camera. NaN where it
        is not known: such a face has no vote on whom its track shows. Capability ``pose``.
    sharpness
        float32 [n] or None: 0 (no detail survives) to 1 (sharp). NaN as in `pose`. Capability ``sharpness``.
    blendshapes
        float32 [n, 52] or None: 0..1, in MediaPipe's order; NaN throughout of a face without a mesh. Capability
        ``blendshapes``.
    looked
        bool [n] or None: whether the face was looked at on this very frame. Where it was not, its place and all else
        that is known of it is interpolated between the frames around it. None: each was. The core fills it.
    followed
        bool [n] or None: whether the lips of the face were followed here, had it any to be seen. Where they were not,
        there are no landmarks, and a score of the moment says nothing. None: they were throughout. The core fills it.
    embedded
        bool [n] or None: whether the face was handed to the recognizer. None: each was, where there is a gallery. The
        core fills it.
    """

    boxes: Array
    scores: Array
    keypoints5: Array | None = None
    landmarks478: Array | None = None
    pose: Array | None = None
    sharpness: Array | None = None
    blendshapes: Array | None = None
    looked: Array | None = None
    followed: Array | None = None
    embedded: Array | None = None

    def __post_init__(self) -> None:
        n = len(np.asarray(self.boxes))
        shapes: dict[str, tuple[int | None, ...]] = {
            "boxes": (n, 4),
            "scores": (n,),
            "keypoints5": (n, 5, 2),
            "landmarks478": (n, LANDMARKS, 3),
            "pose": (n, 3),
            "sharpness": (n,),
            "blendshapes": (n, BLENDSHAPES),
        }
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values is not None or name in ("boxes", "scores"):
                object.__setattr__(self, name, _frozen(values, np.float32, shape, f"Faces.{name}"))
        for name in ATTENTION_COLUMNS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _frozen(getattr(self, name), np.bool_, (n,), f"Faces.{name}"))
        for name in PLACE_COLUMNS:
            if getattr(self, name) is not None:
                _finite(getattr(self, name), f"Faces.{name}")

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: Array | Sequence[int] | slice) -> Faces:
        """Return the faces at `rows` (a mask, indices or a slice), in that order."""
        chosen = rows if isinstance(rows, slice) else np.asarray(rows, dtype=None if len(rows) else np.intp)
        columns: dict[str, Any] = {}
        for name in (*FACE_COLUMNS, *ATTENTION_COLUMNS):
            values = getattr(self, name)
            columns[name] = None if values is None else values[chosen]
        return Faces(**columns)

    @property
    def sizes(self) -> Array:
        """float32 [n]: the geometric mean of each box's sides, in pixels."""
        sides = np.maximum(self.boxes[:, 2:] - self.boxes[:, :2], 0.0)
        return np.asarray(np.sqrt(sides[:, 0] * sides[:, 1]), dtype=np.float32)

    @classmethod
    def empty(cls) -> Faces:
        """Return no faces; every column is there, with no row."""
        return cls(
            boxes=np.zeros((0, 4)),
            scores=np.zeros(0),
            keypoints5=np.zeros((0, 5, 2)),
            landmarks478=np.zeros((0, LANDMARKS, 3)),
            pose=np.zeros((0, 3)),
            sharpness=np.zeros(0),
            blendshapes=np.zeros((0, BLENDSHAPES)),
        )


FACE_COLUMNS = ("boxes", "scores", "keypoints5", "landmarks478", "pose", "sharpness", "blendshapes")
"""The columns of :class:`Faces` that a detector gives; the optional ones are the names of the capabilities."""

ATTENTION_COLUMNS = ("looked", "followed", "embedded")
"""The columns of :class:`Faces` that the core gives: how far a face was looked at."""

PLACE_COLUMNS = ("boxes", "scores", "keypoints5")
"""Those of them that say where a face is, and are finite."""

MESH_COLUMNS = ("landmarks478", "blendshapes")
"""Those of :data:`FACE_COLUMNS` that are NaN throughout where a face has no mesh; they take by far the most room."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The faces that a detector found on a frame, and through which window it looked at each.

    Attributes
    ----------
    faces
        n of them.
    windows
        float64 [n, 4]: a square of the picture a face, which may be turned and may reach beyond: x and y of its centre
        and its side, in pixels; and radians by which its own x axis is turned from the picture's towards its y axis.
        It is held still as long as the face stays well within it: landmarks move with the window that they are seen
        through.
    """

    faces: Faces
    windows: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", _frozen(self.windows, np.float64, (len(self.faces), 4), "Found.windows"))
        _finite(self.windows, "Found.windows")


@dataclass(frozen=True, slots=True, eq=False)
class FaceWindows:
    """Squares cut out of pictures, each around one face.

    Attributes
    ----------
    images
        uint8 [n, side, side, 3], RGB; black beyond the picture.
    windows
        float64 [n, 4]: which square of its picture each is, as of :class:`Found`.
    """

    images: Array
    windows: Array

    def __post_init__(self) -> None:
        n, side = np.shape(self.images)[:2]
        object.__setattr__(self, "images", _frozen(self.images, np.uint8, (n, side, side, 3), "FaceWindows.images"))
        object.__setattr__(self, "windows", _frozen(self.windows, np.float64, (n, 4), "FaceWindows.windows"))

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, slots=True, eq=False)
class Meshed:
    """The faces that were seen through windows.

    Attributes
    ----------
    faces
        m of them, at most one a window, in pixels of the picture; with landmarks. What else a detector does not measure
        through a window is None.
    rows
        int64 [m], rising: the window that each was seen through. Through the others none was seen.
    """

    faces: Faces
    rows: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", _frozen(self.rows, np.int64, (len(self.faces),), "Meshed.rows"))
        if (np.diff(self.rows) <= 0).any():
            raise ValueError("Meshed.rows do not rise")


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How a recognizer wants to be shown a face: in which size, and where its five points belong.

    Attributes
    ----------
    size
        Side of the square crop, in pixels.
    template
        float64 [5, 2]: pixels of the crop, in the order of ``Faces.keypoints5``.
    """

    size: int
    template: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", operator.index(self.size))
        if self.size < 1:
            raise ValueError(f"Alignment.size is {self.size}, expected pixels")
        template = _frozen(self.template, np.float64, (5, 2), "Alignment.template")
        if not np.isfinite(template).all() or not np.ptp(template, axis=0).all():
            raise ValueError("Alignment.template is no face: its five points are not finite, or lie on one line")
        object.__setattr__(self, "template", template)

    @classmethod
    def arcface(cls, size: int = CROP_SIZE) -> Alignment:
        """Return ArcFace's, made larger or smaller with the crop."""
        return cls(size, ARCFACE_TEMPLATE * (size / CROP_SIZE))


ARCFACE = Alignment.arcface()
"""What recognizers of this field were trained on."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrops:
    """Aligned face pictures, ready for a recognizer, and where each came from.

    Attributes
    ----------
    images
        uint8 [n, size, size, 3], RGB, aligned by five points as the recognizer states (``Recognizer.crop_size`` and
        ``template``): 112 pixels, and ArcFace's template, where it states nothing.
    tracks
        int64 [n]: the track that each face belongs to; -1 for a face of no track, such as a photo's.
    boxes
        float32 [n, 4]: each face's box in its own picture, pixels.
    times
        float64 [n]: PTS seconds of each face; 0 for a photo.
    """

    images: Array
    tracks: Array
    boxes: Array
    times: Array

    def __post_init__(self) -> None:
        images = _frozen(self.images, np.uint8, (None, None, None, 3), "FaceCrops.images")
        n, height, width = images.shape[:3]
        if height != width:
            raise ValueError(f"FaceCrops.images are {width} pixels wide and {height} high, expected squares")
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "tracks", _frozen(self.tracks, np.int64, (n,), "FaceCrops.tracks"))
        object.__setattr__(self, "boxes", _frozen(self.boxes, np.float32, (n, 4), "FaceCrops.boxes"))
        object.__setattr__(self, "times", _frozen(self.times, np.float64, (n,), "FaceCrops.times"))

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def untracked(cls, images: Array) -> FaceCrops:
        """Return crops of faces that belong to no track, such as photos; `images` as in the attribute."""
        n = len(images)
        return cls(images, np.full(n, -1), np.zeros((n, 4)), np.zeros(n))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known of a recognizer's errors: how similar pictures of different people come out, and of one.

    The cosine of a stranger's look to a photo of somebody else is taken apart into a mean and four deviations that add
    up: what the two people have in common, what this look has, what this photo has, and what is left.

    Attributes
    ----------
    model
        sha256 of the model's file; empty where the recognizer does not tell it.
    data
        The photos that it was measured on: how many, of whom, and who measured.
    people, photos
        How many of each.
    pairs
        Pairs of different people that were compared: what `pair` is known from.
    strangers
        Mean cosine of a photo of one person to a photo of another.
    pair, look, photo, residual
        Standard deviations of that cosine: from pair to pair of people; and within a pair by the one picture, by the
        other, and by what is left.
    genuine
        Mean cosine of two photos of one person.
    """

    model: str
    data: str
    people: int
    photos: int
    pairs: int
    strangers: float
    pair: float
    look: float
    photo: float
    residual: float
    genuine: float

    def __post_init__(self) -> None:
        deviations = (self.pair, self.look, self.photo, self.residual)
        if not all(0 <= deviation < 1 for deviation in deviations):
            raise ValueError(f"deviations of a calibration lie between 0 and 1, found {deviations}")
        if not -1 < self.strangers < self.genuine < 1:
            raise ValueError(
                f"photos of one person must be more alike than those of two: {self.genuine} and {self.strangers}"
            )
        if self.genuine <= 0:
            raise ValueError(f"photos of one person must be alike, found {self.genuine}")
        if self.pairs < 1 or self.people < LEAST_PEOPLE:
            raise ValueError(f"a calibration compares at least {LEAST_PEOPLE} people, found {self.people}")
        if self.pairs > self.people * (self.people - 1) // 2:
            raise ValueError(f"{self.people} people do not make {self.pairs} pairs")


@dataclass(frozen=True, slots=True)
class VoiceFigures:
    """How alike the embeddings of a voice stage come out, of one person and of two, by how much sound there is.

    An embedding is taken for the sum of whose voice it is, of what moves that voice from video to video (channel, mood,
    age), and of what is left of what was said, which fades with the seconds: `words` / seconds. So two sounds of t and
    u seconds of one person, from two videos, have a cosine of about g = 1 / sqrt((1 + session + words / t) (1 + session
    + words / u)), and those of two people one of strangers * g.

    Attributes
    ----------
    words
        Seconds of sound in which what is said counts for as much as whose voice it is.
    session
        By how much a voice moves from video to video, as a variance, where the voice itself has 1.
    spread
        How far cosines of one person lie from g, as a standard deviation, in parts of 1 - g.
    strangers
        Mean cosine of two people, in parts of g.
    pairs
        Standard deviation of that part from pair to pair of people.
    noise
        Variance of the cosine of two sounds that tell nothing: one over how many directions they differ in.
    people, recordings
        How many it was measured on; 0: it is a guess.
    """

    words: float = 1.0
    session: float = 0.4
    spread: float = 0.25
    strangers: float = 0.1
    pairs: float = 0.14
    noise: float = 0.01
    people: int = 0
    recordings: int = 0

    def __post_init__(self) -> None:
        if min(self.words, self.session, self.spread, self.pairs, self.noise) <= 0:
            raise ValueError(f"spreads of voices are above 0, found {self}")
        if not -1 < self.strangers < 1:
            raise ValueError(f"a cosine lies between -1 and 1, found {self.strangers}")


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One face followed through (a span of) one shot, a row a frame in which it was seen.

    A frame in which the face was not found has no row: between two rows may lie a gap.

    Attributes
    ----------
    id
        Unique in the video; the same in every span of a shot that is handed over in several.
    frames
        int64 [n]: frame indices, strictly rising.
    times
        float64 [n]: their PTS seconds, strictly rising.
    boxes
        float32 [n, 4]: pixels.
    observations
        [n, ...]: what the speaker stage kept of each row (`Speaker.observe`); of fewer where it was not asked of all.
    observed
        bool [n] or None: of which rows it was asked. None: of all. A stage is handed tracks of no other rows.
    """

    id: int
    frames: Array
    times: Array
    boxes: Array
    observations: Array
    observed: Array | None = None

    def __post_init__(self) -> None:
        n = len(np.asarray(self.frames))
        object.__setattr__(self, "frames", _frozen(self.frames, np.int64, (n,), "Track.frames"))
        object.__setattr__(self, "times", _frozen(self.times, np.float64, (n,), "Track.times"))
        object.__setattr__(self, "boxes", _frozen(self.boxes, np.float32, (n, 4), "Track.boxes"))
        if self.observed is not None:
            object.__setattr__(self, "observed", _frozen(self.observed, np.bool_, (n,), "Track.observed"))
        asked = n if self.observed is None else int(self.observed.sum())
        if len(self.observations) != asked:
            raise ValueError(f"Track.observations has {len(self.observations)} rows, expected {asked}")
        if n > 1 and not (np.diff(self.frames) > 0).all():
            raise ValueError("Track.frames must rise strictly")
        if n > 1 and not (np.diff(self.times) > 0).all():
            raise ValueError("Track.times must rise strictly")

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, slots=True, eq=False)
class Learnable:
    """What decisions on segments can teach a speaker stage: parameters that its log odds depend on.

    Attributes
    ----------
    names
        Of the parameters.
    values
        float64 [k]: as they are in use.
    spread
        float64 [k]: how far off each is believed to be, as a standard deviation; decisions have to overcome that, so
        that few of them cannot lead far.
    log_odds
        Given values [k], and of some rows all that scores rest on (``Scores.diagnostics``, by name, float64 [n] each),
        returns float64 [n]: the log odds that the face speaks, where a voice is heard. It is pure.
    """

    names: tuple[str, ...]
    values: Array
    spread: Array
    log_odds: Callable[[Array, Mapping[str, Array]], Array]

    def __post_init__(self) -> None:
        count = (len(self.names),)
        if np.shape(self.values) != count or np.shape(self.spread) != count:
            raise ValueError(f"{count[0]} names of parameters, but other numbers of values or spreads")
        if not (np.isfinite(self.values).all() and (np.asarray(self.spread) > 0).all()):
            raise ValueError("parameters that can be learned are finite, and their spreads above 0")


@dataclass(frozen=True, slots=True)
class SoundForm:
    """In which form somebody wants the sound.

    Attributes
    ----------
    rate
        Samples per second, to which it is resampled; None: as many as the file has.
    channels
        ``mono``: mixed, unless the channels cancel each other. ``all``: every channel of the audio track that is
        listened to, as it is.
    """

    rate: int | None = SAMPLE_RATE
    channels: Literal["mono", "all"] = "mono"

    def __post_init__(self) -> None:
        if self.rate is not None and not LEAST_RATE <= self.rate <= MOST_RATE:
            raise ValueError(f"SoundForm.rate is {self.rate}, expected {LEAST_RATE} to {MOST_RATE}, or None")
        if self.channels not in ("mono", "all"):
            raise ValueError(f"SoundForm.channels is {self.channels!r}, expected 'mono' or 'all'")

    def __str__(self) -> str:
        rate = "at the file's rate" if self.rate is None else f"at {self.rate} Hz"
        return f"({self.channels} {rate})"


USUAL_SOUND = SoundForm()
"""What a stage is given that says nothing else: it is there for every video."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioSpan:
    """A stretch of sound on the video's clock, in the form that was asked for (:class:`SoundForm`).

    Attributes
    ----------
    samples
        float32 [n], -1..1, of mono; [channels, n] where all channels are asked for, also of a file that has but one.
        Silence where the file has none.
    start
        PTS seconds of the first sample.
    rate
        Samples per second.
    layout
        Which channels they are, in libav's words: ``5.1``, or ``6 channels`` where the file does not say which. Where
        they change on the way, those of the first frame.
    """

    samples: Array
    start: float
    rate: int = SAMPLE_RATE
    layout: str = MONO

    def __post_init__(self) -> None:
        several = np.ndim(self.samples) > 1
        shape = (None, None) if several else (None,)
        object.__setattr__(self, "samples", _frozen(self.samples, np.float32, shape, "AudioSpan.samples"))
        if several and not len(self.samples):
            raise ValueError("AudioSpan.samples has no channel")
        if self.rate < 1:
            raise ValueError(f"AudioSpan.rate is {self.rate}, expected a number of samples per second")

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return 1 if self.samples.ndim == 1 else len(self.samples)

    @property
    def end(self) -> float:
        """PTS seconds just behind the last sample."""
        return self.start + int(self.samples.shape[-1]) / self.rate

    def span(self, start: float, end: float) -> AudioSpan:
        """Return the sound from `start` to `end`, PTS seconds; silence beyond this stretch.

        It begins at the sample nearest to `start` and has ``round((end - start) * rate)`` samples.

        Raises
        ------
        ValueError
            `end` lies before `start`.
        """
        channels = None if self.samples.ndim == 1 else len(self.samples)
        grid = SoundGrid(self.start, self.samples.shape[-1], self.rate, self.layout, channels)
        return sound_between(start, end, grid, lambda first, last: self.samples[..., first:last])


class WholeSound(Protocol):
    """The sound of a whole video, any stretch of it, in one form: for ``Speaker.listen``.

    An :class:`AudioSpan` is one, for tests and for short videos; in a run the sound lies on the disk, and only what is
    asked for is in memory.
    """

    @property
    def start(self) -> float:
        """PTS seconds of the first sample."""

    @property
    def end(self) -> float:
        """PTS seconds just behind the last sample."""

    def span(self, start: float, end: float) -> AudioSpan:
        """Return the sound from `start` to `end`, PTS seconds, silence where there is none.

        Long stretches cost memory: whoever goes through all of it asks for one block after another.
        """


@runtime_checkable
class SparseSound(WholeSound, Protocol):
    """A sound that tells where nothing of it is there for long, as where the clock of a file jumps by days.

    Whoever goes through a sound need not ask: :func:`slceleb_core.media.folding.folded` takes the holes out.
    """

    @property
    def holes(self) -> Sequence[tuple[float, float]]:
        """PTS seconds from and to, in order, each within it."""


@runtime_checkable
class ConvertedSound(WholeSound, Protocol):
    """A sound in another form than the usual one, which is at hand as well, on the same clock."""

    @property
    def plain(self) -> WholeSound:
        """The same, 16 kHz and mono."""


@dataclass(frozen=True, slots=True)
class SoundGrid:
    """How the samples of a sound lie in time.

    Attributes
    ----------
    origin
        PTS seconds of sample 0.
    count
        How many there are.
    rate, layout
        As of :class:`AudioSpan`.
    channels
        How many channels there are; None: it is mono, and has no axis of them.
    """

    origin: float
    count: int
    rate: int = SAMPLE_RATE
    layout: str = MONO
    channels: int | None = None


def sound_between(start: float, end: float, grid: SoundGrid, read: Callable[[int, int], Array]) -> AudioSpan:
    """Return the sound from `start` to `end`, PTS seconds; silence where there is none.

    Parameters
    ----------
    start, end
        What is wanted; it begins at the sample nearest to `start` and has ``round((end - start) * rate)`` samples.
    grid
        How the samples lie that there are.
    read
        Returns float32 [b - a] or [channels, b - a], the samples from a to b.

    Raises
    ------
    ValueError
        `end` lies before `start`.
    """
    count = round((end - start) * grid.rate)
    if count < 0:
        raise ValueError(f"span ends ({end}) before it starts ({start})")
    first = round((start - grid.origin) * grid.rate)
    samples = np.zeros(count if grid.channels is None else (grid.channels, count), np.float32)
    inside = slice(min(max(-first, 0), count), max(min(grid.count - first, count), 0))
    if inside.start < inside.stop:
        samples[..., inside] = read(first + inside.start, first + inside.stop)
    return AudioSpan(samples, grid.origin + first / grid.rate, grid.rate, grid.layout)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a speaker stage says of one track, a value a row.

    Attributes
    ----------
    speaking
        float32 [n], 0..1: the confidence that this face makes the sound that is heard. It is finite, whatever was seen.
    lag
        float32 [n] or None: seconds by which the sound comes after the picture (before it where negative), as far as
        the stage tells; NaN where it does not know.
    diagnostics
        float32 [n] by name: what the decision rests on. Empty unless the stage was asked for it.
    voice
        float32 [n] or None: how likely a voice is heard at all, 0..1, whoever's it is. The core fills it in.
    mouth
        float32 [n] or None: the height of the mouth's opening over its width, as far as the stage tells; NaN where the
        mouth was not seen. It is shown, and decides nothing.
    chance
        float64 [n] or None: how likely it is that lips which have nothing to do with this sound go with it as well as
        these do, 0..1, over as long a stretch as there is (a p-value); NaN where the stage does not know.
    overlap
        float64 [n] or None: how likely it is that this face and another one on the picture speak at once, 0..1; NaN
        where the stage does not know.
    """

    speaking: Array
    lag: Array | None = None
    diagnostics: Mapping[str, Array] = field(default_factory=dict)
    voice: Array | None = None
    mouth: Array | None = None
    chance: Array | None = None
    overlap: Array | None = None

    def __post_init__(self) -> None:
        n = len(np.asarray(self.speaking))
        object.__setattr__(self, "speaking", _frozen(self.speaking, np.float32, (n,), "Scores.speaking"))
        for name in ("lag", "voice", "mouth"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, _frozen(values, np.float32, (n,), f"Scores.{name}"))
        for name in ("chance", "overlap"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, _frozen(values, np.float64, (n,), f"Scores.{name}"))
        for name in ("speaking", "voice"):
            if getattr(self, name) is not None:
                _finite(getattr(self, name), f"Scores.{name}")
        checked = {
            name: _frozen(values, np.float32, (n,), f"Scores.diagnostics[{name!r}]")
            for name, values in self.diagnostics.items()
        }
        object.__setattr__(self, "diagnostics", checked)

    def __len__(self) -> int:
        return len(self.speaking)


@dataclass(frozen=True, slots=True, eq=False)
class LagEvidence:
    """How far one face goes with the sound at each of many lags, over a stretch of a few seconds.

    Attributes
    ----------
    track
        Which face.
    start, end
        PTS seconds of the stretch.
    seconds
        How much of it tells anything, as lips move in it beside a voice.
    lags
        float64 [m], seconds, rising by equal steps: by how much the sound comes after the picture.
    correlation
        float64 [m], -1..1: how far lips and sound go together at each, beside what they do by chance.
    ratio
        float64 [m]: the logarithm of how much likelier that is where the sound is this face's voice, at that lag, than
        where it is not.
    """

    track: int
    start: float
    end: float
    seconds: float
    lags: Array
    correlation: Array
    ratio: Array

    def __post_init__(self) -> None:
        if not self.end > self.start:
            raise ValueError(f"LagEvidence: no time lies between {self.start} and {self.end}")
        m = len(np.asarray(self.lags))
        for name in ("lags", "correlation", "ratio"):
            values = _frozen(getattr(self, name), np.float64, (m,), f"LagEvidence.{name}")
            _finite(values, f"LagEvidence.{name}")
            object.__setattr__(self, name, values)
        if m < 2 or not np.allclose(np.diff(self.lags), self.step) or self.step <= 0:
            raise ValueError("LagEvidence.lags: they do not rise by equal steps")

    @property
    def step(self) -> float:
        """Seconds from one lag to the next."""
        return float((self.lags[-1] - self.lags[0]) / (len(self.lags) - 1))

    @property
    def middle(self) -> float:
        """PTS seconds of the middle of the stretch."""
        return (self.start + self.end) / 2
