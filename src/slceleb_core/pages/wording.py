"""Figures as text, the same in the terminal and on a page."""

from __future__ import annotations

ABSENT = "n/a"
"""A figure that does not exist, such as the precision of no output."""

UNITS = ("B", "KB", "MB", "GB", "TB")


def percent(value: float | None) -> str:
    """Return a part of one as a percentage."""
    return ABSENT if value is None else f"{100 * value:.1f} %"


def decimals(value: float | None, digits: int = 3) -> str:
    """Return a figure with so many decimals."""
    return ABSENT if value is None else f"{value:.{digits}f}"


def clock(seconds: float) -> str:
    """Return seconds as ``h:mm:ss`` or ``m:ss``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lasting(seconds: float) -> str:
    """Return seconds in words, by the two greatest units that they fill: ``2 d 3 h``, ``1 h 5 min``, ``12.5 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, which takes an s where it is not one: ``1 video``, ``5,000 videos``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def size(count: float) -> str:
    """Return a number of bytes, three digits and a decimal unit: ``1.25 GB``."""
    place = 0
    while count >= 999.5 and place < len(UNITS) - 1:
        count, place = count / 1000, place + 1
    return f"{count:.3g} {UNITS[place]}"
