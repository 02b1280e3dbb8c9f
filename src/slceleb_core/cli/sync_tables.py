"""A group on one clock, in the terminal."""

from __future__ import annotations

from typing import Any

from slceleb_core.cli.console import out, row, say, show_json, show_table, table, tell
from slceleb_core.media.synchrony import Placement, Synchrony

BY = {"reference": "the reference", "sound": "sound", "timecode": "timecode", "given": "given"}
"""How a file was placed, for people."""


def show(found: Synchrony, *, as_json: bool) -> None:
    """Print where each file lies, and what is to be known of it; what has no place goes to stderr."""
    if as_json:
        show_json(_json(found))
    else:
        _show_places(found)
    for note in (*found.notes, *(note for placement in found.placements for note in placement.notes)):
        tell("note", note)
    for each in found.refused:
        tell("refused", each.reason, each.hint)


def _show_places(found: Synchrony) -> None:
    if not found.holds:
        say(out, "no two of these files belong together")
        return
    made = table("video", ">offset s", ">drift ppm", ">confidence", ">windows", ">scatter ms", "placed by")
    for placement in found.placements:
        row(made, placement.path, *_figures(placement), BY[placement.source])
    show_table(made)
    clock = found[found.reference].path
    say(out, f"second 0 of each file lies so many seconds behind second 0 of {clock}, whose clock counts")


def _figures(placement: Placement) -> tuple[str, ...]:
    """Return offset, drift, confidence, windows and scatter; a dash where there is none."""
    if placement.source == "reference":
        return ("0.0000", "0.0", "-", "-", "-")
    drift = f"{placement.clock.drift * 1e6:z.1f}" if placement.drift_known else "-"
    offset = f"{placement.clock.offset:z.4f}"
    if not placement.windows:
        return (offset, drift, "-", "-", "-")
    heard = f"{placement.confidence:.1f}", str(placement.windows), f"{placement.residual_ms:.2f}"
    return (offset, drift, *heard)


def _json(found: Synchrony) -> dict[str, Any]:
    """Return the group, JSON-ready."""
    return {
        "reference": str(found[found.reference].path) if found.placements else None,
        "together": found.holds,
        "placed": [
            {
                "video": str(placement.path),
                "camera": placement.camera,
                "offset": placement.clock.offset,
                "drift_ppm": placement.clock.drift * 1e6 if placement.drift_known else None,
                "from": placement.valid.start,
                "to": placement.valid.end,
                "placed_by": placement.source,
                "confidence": placement.confidence,
                "windows": placement.windows,
                "scatter_ms": placement.residual_ms,
                "notes": list(placement.notes),
            }
            for placement in found.placements
        ],
        "refused": [
            {"video": str(each.recording.path), "camera": each.camera, "reason": each.reason, "hint": each.hint}
            for each in found.refused
        ],
        "notes": list(found.notes),
    }
