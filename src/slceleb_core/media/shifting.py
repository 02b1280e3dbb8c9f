"""Putting the packets of a stream on one rising clock, where that of the file begins anew."""

from __future__ import annotations

from typing import Any

from av.packet import Packet

from slceleb_core.media.survey import Shifts


class Shifter:
    """Shifts the packets of one stream, by where they lie in the file.

    Parameters
    ----------
    shifts
        By how much, from which byte on.

    Attributes
    ----------
    changes
        How often the shift has changed so far.
    """

    def __init__(self, shifts: Shifts) -> None:
        self._shifts = shifts
        self.changes = 0
        self._ticks: int | None = None
        self._place: int | None = None
        self._waiting: list[Packet[Any]] = []

    @property
    def idle(self) -> bool:
        """Whether no packet is shifted anywhere."""
        return not self._shifts.places

    def shifted(self, packet: Packet[Any]) -> list[Packet[Any]]:
        """Return what can be decoded now: none while it is not known yet where in the file reading has begun."""
        if self.idle or not packet.size:
            return [*self._let_go(0), packet]
        if packet.pos is not None and packet.pos >= 0:  # those behind the first of a parser's packets have no place
            self._place = packet.pos
        if self._place is None:
            self._waiting.append(packet)
            return []
        return [*self._let_go(self._place - 1), self._shift(packet, self._place)]

    def _let_go(self, place: int) -> list[Packet[Any]]:
        waiting, self._waiting = self._waiting, []
        return [self._shift(packet, place) for packet in waiting]

    def _shift(self, packet: Packet[Any], place: int) -> Packet[Any]:
        ticks = self._shifts.at(place)
        self.changes += self._ticks not in (None, ticks)
        self._ticks = ticks
        packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.dts = None if packet.dts is None else packet.dts + ticks
        return packet
