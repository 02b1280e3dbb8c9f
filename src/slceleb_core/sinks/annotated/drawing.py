"""What is drawn on a picture: around each face what was found of it, and below the picture what was decided and why."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import partial

from slceleb_core.results import FrameResult
from slceleb_core.sinks.annotated.canvas import INK, Canvas
from slceleb_core.sinks.annotated.layout import Area, Layout, above, below
from slceleb_core.sinks.annotated.lettering import Lettering
from slceleb_core.sinks.annotated.measures import Measures
from slceleb_core.sinks.annotated.panel import Panel
from slceleb_core.sinks.annotated.scale import Scale
from slceleb_core.sinks.annotated.seen import Seen, State
from slceleb_core.sinks.annotated.verdicts import Verdicts
from slceleb_core.types import Array, Frame

NAME_LETTERS = 14
"""How wide a name may be at least, in heights of a letter, however small the face."""


class Painter:
    """Draws on the pictures of one video, in their order.

    Parameters
    ----------
    scale
        Sizes.
    verdicts
        On its faces.
    """

    def __init__(self, scale: Scale, verdicts: Verdicts) -> None:
        self._scale, self._verdicts = scale, verdicts
        self._letters = Lettering(scale.letter)
        self._below = partial(below, line=scale.line)
        self._places: Mapping[Hashable, int] = {}

    def paint(self, frame: Frame, result: FrameResult) -> Array:
        """Return uint8 [full_height, full_width, 3], RGB: the picture, with what was found on it."""
        scale, canvas = self._scale, Canvas(frame.image, self._scale, self._letters)
        seen = [Seen(face, self._verdicts.on(face.track, result)) for face in result.faces]
        seen.sort(key=lambda seen_face: seen_face.state.rank, reverse=True)
        boxed = [(seen_face, canvas.area(seen_face.face.box)) for seen_face in seen]
        for seen_face, box in reversed(boxed):  # what matters most lies on top
            canvas.frame(box, seen_face.state.colour, scale.stroke * (3 if seen_face.state is State.SEGMENT else 2))
        layout = Layout(scale.width, scale.height, [box for _, box in boxed], self._places)
        for seen_face, box in boxed:
            self._name(canvas, seen_face, box, layout)
        for seen_face, box in boxed:
            self._measures(canvas, seen_face, box, layout)
        self._places = layout.numbers
        Panel(canvas).write(result, seen)
        return canvas.pixels()

    def _name(self, canvas: Canvas, seen_face: Seen, box: Area, layout: Layout) -> None:
        """Write name and similarity on a plate above the box."""
        scale, pad = self._scale, self._scale.letter // 4
        figure = round(self._letters.width(seen_face.similar)) + 2 * pad if seen_face.similar else 0
        room = min(max(box[2] - box[0], NAME_LETTERS * scale.letter), scale.width) - figure - 2 * pad
        name = self._letters.clipped(seen_face.called, room)
        size = (round(self._letters.width(name)) + figure + 2 * pad, scale.line)
        plate = layout.place(("name", seen_face.face.track), box, size, above)
        canvas.fill(plate, seen_face.state.colour)
        canvas.text(plate[0] + pad, plate[1], name, INK, room)
        canvas.text(plate[2] - figure + pad, plate[1], seen_face.similar, INK, figure)

    def _measures(self, canvas: Canvas, seen_face: Seen, box: Area, layout: Layout) -> None:
        """Draw below the box what was measured; nothing where there was no sound to score by."""
        if seen_face.face.speaking is not None:
            measures = Measures(seen_face.face, seen_face.face.speaking, self._scale, self._letters)
            plate = layout.place(("measures", seen_face.face.track), box, measures.size(box[2] - box[0]), self._below)
            measures.draw(canvas, plate, seen_face.state.colour, self._verdicts.onset)
