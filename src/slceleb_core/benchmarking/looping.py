"""A longer video out of a short one, without decoding it: its packets, over and over, on a clock that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from slceleb_core.errors import VideoError


def loop(source: Path, target: Path, seconds: float) -> None:
    """Write a video again and again until it lasts so long; the last turn is whole.

    Parameters
    ----------
    source
        The video; of its streams the first with pictures and the first with sound are taken.
    target
        A Matroska file, which takes nearly every codec.
    seconds
        How long it becomes, at least.

    Raises
    ------
    VideoError
        Its packets have no times, or cannot be put into such a file.
    """
    try:
        with av.open(str(source)) as container, av.open(str(target), "w", format="matroska") as sink:
            taken: list[Any] = [*container.streams.video[:1], *container.streams.audio[:1]]
            streams = {stream.index: sink.add_stream_from_template(stream) for stream in taken}
            reached = 0.0
            while reached < seconds:
                last = reached
                for packet, end in _turn(container, taken, reached):
                    packet.stream = streams[packet.stream.index]
                    sink.mux(packet)
                    last = max(last, end)
                if last <= reached:
                    raise VideoError(f"{source}: cannot be looped: its packets have no times")
                reached = last
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(f"{source}: cannot be looped: {error}", "convert it to MP4 or Matroska first") from None


def _turn(container: Any, taken: list[Any], shift: float) -> Iterator[tuple[Any, float]]:
    """Yield all packets once, shifted so that the first lies at `shift`, each with the second at which it ends."""
    container.seek(0)
    begin: float | None = None
    for packet in container.demux(taken):
        if packet.pts is None or packet.dts is None:
            continue
        base = packet.time_base
        if begin is None:
            begin = float(packet.dts * base)
        ticks = round((shift - begin) / base)
        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
        yield packet, float((packet.pts + (packet.duration or 1)) * base)
