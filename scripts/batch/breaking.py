"""Breaks a video in the ways that downloads are broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av

PAGE = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n"
"""What a server may send in place of a file."""

KEPT_TAIL = 0.6
"""Part of a file that is left when its tail is cut off: enough to be readable."""


def empty(good: Path, target: Path) -> None:  # noqa: ARG001 - one signature for all
    """Write nothing."""
    target.write_bytes(b"")


def page(good: Path, target: Path) -> None:  # noqa: ARG001 - one signature for all
    """Write the web page that came in its place."""
    target.write_text(PAGE, encoding="utf-8")


def cut_header(good: Path, target: Path) -> None:
    """Write what is there of a download that stopped in the middle of the index at the front."""
    content = good.read_bytes()
    start = content.index(b"moov") - 4
    length = int.from_bytes(content[start : start + 4], "big")
    target.write_bytes(content[: start + length // 2])


def no_index(good: Path, target: Path) -> None:
    """Write what is there of a download that stopped before the index at its end."""
    aside = target.with_name(f"{target.name}.aside.mp4")
    with av.open(str(good)) as source, av.open(str(aside), "w") as sink:
        streams = {stream.index: sink.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                sink.mux(packet)
    content = aside.read_bytes()
    aside.unlink()
    target.write_bytes(content[: content.rindex(b"moov") - 4])


def sound_only(good: Path, target: Path) -> None:
    """Write the sound alone."""
    with av.open(str(good)) as source, av.open(str(target), "w", options={"fflags": "+bitexact"}) as sink:
        stream = sink.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)


def zeros(good: Path, target: Path) -> None:
    """Write the space that was reserved for a download, and nothing into it."""
    target.write_bytes(bytes(good.stat().st_size))


BREAKAGES: dict[str, Callable[[Path, Path], None]] = {
    "empty file": empty,
    "web page with a video's name": page,
    "ends inside its header": cut_header,
    "index missing": no_index,
    "sound only": sound_only,
    "filled with zeros": zeros,
}
"""What each way is called, and who does it: given a good MP4 with sound and its index in front, writes a broken one."""


def cut_tail(path: Path) -> None:
    """Cut a file short so that it can still be read: not broken, but worth a warning."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * KEPT_TAIL)])
