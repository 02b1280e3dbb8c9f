"""What is said of photos before a run: once, the worst first, and not a thousand lines."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from slceleb_core.decision.identity import IdentityConfig
from slceleb_core.decision.operating import Known
from slceleb_core.perception.photos.auditing import Finding
from slceleb_core.perception.photos.listing import Listing

log = logging.getLogger(__name__)

FEW = 20
"""Findings that are said; the rest is counted."""


def lines(findings: Sequence[Finding]) -> list[str]:
    """Return what is said of findings: at most :data:`FEW` lines, and one that counts the others."""
    more = len(findings) - FEW
    counted = [f"photos: {more:,} more findings; `slceleb poi check` lists all"] if more > 0 else []
    return [*(str(finding) for finding in findings[:FEW]), *counted]


def uncalibrated(config: IdentityConfig, known: Known) -> list[str]:
    """Return what is said where nobody knows how often strangers get a name; nothing where it is known, or not asked.

    Raises
    ------
    UsageError
        The profile's calibration is for another model.
    """
    if config.threshold is not None or config.calibration_for(known) is not None:
        return []
    what = "this recognizer's model has no calibration, so identity.fpir cannot be kept: its published similarity "
    what += f"{known.threshold:g} decides, and how often strangers get a name is not known; "
    return [f"{what}measure it with `slceleb poi calibrate DIR --save FILE`, and set identity.calibration"]


def tell(said: Iterable[str]) -> None:
    """Log lines as warnings."""
    for line in said:
        log.warning("%s", line)


def tell_listing(listing: Listing) -> None:
    """Log what lies in a folder beside photos."""
    tell(listing.warnings())
    for note in listing.notes():
        log.info("%s", note)
