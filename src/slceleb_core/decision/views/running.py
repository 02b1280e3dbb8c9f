"""What is kept of a person while any camera of a group sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slceleb_core.decision.segmenting import ROUNDING
from slceleb_core.decision.trackstates import TrackState
from slceleb_core.decision.views.choosing import Viewer
from slceleb_core.decision.views.fusing import Fused
from slceleb_core.decision.views.moments import Moment
from slceleb_core.decision.views.sightings import Look


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What is said of a person at a moment.

    Attributes
    ----------
    looks
        By camera.
    rival
        How surely somebody else speaks.
    """

    moment: Moment
    looks: Mapping[int, Look]
    said: Fused
    rival: float


@dataclass(slots=True, eq=False)
class Running:
    """An appearance that goes on.

    Attributes
    ----------
    seen
        By camera, from when until when it sees them: stretches, in order of time.
    chosen
        Which camera shows them, from when on.
    waiting
        What was said while the camera that shows them did not find them: whether it has lost them, so that another one
        has shown them since, is known when it finds them again, or not for too long.
    """

    state: TrackState
    viewer: Viewer
    seen: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    chosen: list[tuple[float, int]] = field(default_factory=list)
    waiting: list[Heard] = field(default_factory=list)

    @property
    def shows(self) -> int | None:
        """The camera that shows them now; None where there was none yet."""
        return self.chosen[-1][1] if self.chosen else None

    def sees(self, camera: int, time: float, end: float) -> None:
        """Know that a camera sees them during a moment."""
        stretches = self.seen.setdefault(camera, [])
        if stretches and time - stretches[-1][1] <= ROUNDING:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((time, end))

    def missed_by(self, camera: int) -> float:
        """Return for how many seconds a camera that sees them now had not seen them before; 0 where it always has."""
        stretches = self.seen[camera]
        return stretches[-1][0] - stretches[-2][1] if len(stretches) > 1 else 0.0

    def show(self, camera: int, time: float) -> None:
        """Know that a camera shows them from now on."""
        if not self.chosen or self.chosen[-1][1] != camera:
            self.chosen.append((time, camera))

    def shown_by(self, start: float, end: float) -> int:
        """Return the camera that shows them in the middle of a stretch."""
        middle = (start + end) / 2
        return next((camera for since, camera in reversed(self.chosen) if since <= middle), self.chosen[0][1])
