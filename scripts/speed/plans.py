"""What the reels show, second by second: which clip, who of the gallery is visible in it, and who speaks.

Times within a clip are PTS seconds, as the README of the shared clips gives them. That ``talker_b`` shows the person of
``web_a``, and ``web_late`` the person of the photos ``obama``, is what the recognizer says of them (0.89 and 0.85).
"""

from __future__ import annotations

from dataclasses import dataclass, field

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a reel: a stretch of a clip, or a drawn picture without any face.

    Attributes
    ----------
    picture
        A clip's path in the folder of shared clips, or a source filter of FFmpeg.
    start, end
        Seconds of it.
    visible
        Who can be seen, and when; people of no reel's gallery are not named.
    speaks
        Who is seen speaking, and when, as far as that is labelled; a single talker's own sound counts throughout.
    voice
        Of a drawn picture: the clip that is heard, from its first second on; none: it is silent.
    """

    picture: str
    start: float
    end: float
    visible: dict[str, Spans] = field(default_factory=dict)
    speaks: dict[str, Spans] = field(default_factory=dict)
    voice: str | None = None

    @property
    def drawn(self) -> bool:
        """Whether the picture is made by a filter."""
        return "=" in self.picture

    def ticks(self, rate: int) -> int:
        """Return how many pictures it has."""
        return round((self.end - self.start) * rate)


@dataclass(frozen=True, slots=True)
class Plan:
    """A reel.

    Attributes
    ----------
    gallery
        Who is in it beside the people of the shared photos: each one's clip, and the seconds of the frames that serve.
    stretches
        What is shown, in order.
    """

    gallery: dict[str, tuple[str, tuple[float, ...]]]
    stretches: tuple[Stretch, ...]


def talker(clip: str, end: float, person: str, start: float = 0.0) -> Stretch:
    """Return a stretch of one who speaks throughout."""
    whole: dict[str, Spans] = {person: ((start, end),)}
    return Stretch(clip, start, end, whole, whole)


def strangers(clip: str, end: float, start: float = 0.0) -> Stretch:
    """Return a stretch of people who are in no gallery."""
    return Stretch(clip, start, end)


OBAMA_BIDEN = Stretch(
    "clips/obama_biden.mp4",
    0.0,
    8.7,
    visible={"obama": ((0.0, 8.7),), "biden": ((0.0, 8.7),)},
    speaks={"obama": ((1.0, 1.6), (2.1, 3.7), (4.3, 5.4), (5.7, 7.5), (8.0, 8.7))},
)
HAMILTON = Stretch(
    "clips/hamilton.mp4",
    0.86,
    9.98,
    visible={
        "lin_manuel_miranda": ((0.86, 1.5), (3.5, 7.7)),
        "alex_lacamoire": ((1.5, 3.5),),
        "obama": ((7.7, 9.98),),
    },
    speaks={"lin_manuel_miranda": ((0.86, 1.5), (3.5, 7.7))},
)
MIRANDA = Stretch(
    "clips/hamilton.mp4",
    5.7,
    7.7,
    visible={"lin_manuel_miranda": ((5.7, 7.7),)},
    speaks={"lin_manuel_miranda": ((5.7, 7.7),)},
)

ZOOM = "mandelbrot=size=640x360:rate=25:start_scale=2:end_scale=0.02:end_pts=500"
CLOUDS = "gradients=size=640x360:rate=25:seed=7:speed=0.05:nb_colors=6:x0=0:y0=0:x1=640:y1=360"
CARPET = "sierpinski=size=640x360:rate=25:seed=7:type=carpet"
TESTING = "testsrc2=size=640x360:rate=25"

MIXED = Plan(
    gallery={
        "web_a": ("web/web_a.mp4", (0.5, 4.0, 7.0)),
        "web_b": ("web/web_b.mp4", (1.0, 8.0, 15.0)),
        "web_c": ("web/web_c.mp4", (32.0, 40.0, 50.0)),
    },
    stretches=(
        Stretch(CLOUDS, 0.0, 8.0, voice="web/web_d.mp4"),
        OBAMA_BIDEN,
        strangers("web/two_interview.mp4", 17.5),
        talker("web/web_b.mp4", 20.0, "web_b"),
        strangers("clips/grid_bbaf2n.mpg", 2.9),
        strangers("clips/talker_a.mp4", 6.0, start=0.04),
        Stretch(ZOOM, 0.0, 12.0),
        HAMILTON,
        strangers("web/two_a.avi", 8.0),
        talker("web/web_c.mp4", 24.0, "web_c"),
        strangers("clips/grid_lbax4n.mpg", 2.9),
        strangers("clips/grid_lrwp9a.mpg", 2.9),
        Stretch(CARPET, 0.0, 8.0, voice="web/web_c.mp4"),
        talker("web/web_a.mp4", 8.0, "web_a"),
        strangers("web/web_d.mp4", 5.0),
        talker("web/web_late.mp4", 12.0, "obama"),
        strangers("web/two_b.avi", 6.0),
        Stretch(TESTING, 0.0, 12.0, voice="web/two_interview.mp4"),
        talker("clips/talker_b.mp4", 5.0, "web_a"),
        strangers("clips/grid_pwij3p.mpg", 2.9),
        strangers("clips/grid_s2.mpg", 2.9),
    ),
)
"""Somebody of the gallery is visible about half of the time."""

SELDOM = Plan(
    gallery={"web_a": ("web/web_a.mp4", (0.5, 4.0, 7.0))},
    stretches=(
        Stretch(CLOUDS, 0.0, 15.0, voice="web/two_interview.mp4"),
        strangers("web/two_interview.mp4", 17.5),
        strangers("web/web_b.mp4", 20.0),
        OBAMA_BIDEN,
        strangers("clips/talker_a.mp4", 6.0, start=0.04),
        Stretch(ZOOM, 0.0, 20.0),
        strangers("web/web_c.mp4", 30.0),
        strangers("clips/grid_bbaf2n.mpg", 2.9),
        strangers("clips/grid_lbax4n.mpg", 2.9),
        talker("web/web_a.mp4", 8.0, "web_a"),
        strangers("web/two_a.avi", 8.0),
        Stretch(CARPET, 0.0, 15.0, voice="web/web_c.mp4"),
        strangers("web/web_d.mp4", 5.0),
        MIRANDA,
        strangers("web/two_b.avi", 6.0),
        Stretch(TESTING, 0.0, 15.0),
    ),
)
"""Somebody of the gallery is visible a tenth of the time."""

PLANS = {"mixed": MIXED, "seldom": SELDOM}
