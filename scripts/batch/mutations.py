"""Mutates video files at random, but reproducibly, as disks, networks and careless people do."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from remaking import CONTAINERS, REMAKES

from slceleb_core.errors import VideoError

HEADER = 4096
"""Bytes at the front that count as the header."""

SUFFIXES = (".mpg", *CONTAINERS)
"""What a wrong name may end in."""

FIELDS = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x01")
"""What counters and lengths are least expected to be."""

Mutation: TypeAlias = Callable[[bytes, bytes, random.Random], bytes]


def truncated(content: bytes, other: bytes, dice: random.Random) -> bytes:  # noqa: ARG001 - one signature for all
    """Keep a random part of the front."""
    return content[: dice.randrange(len(content))]


def flipped(content: bytes, rate: float, dice: random.Random) -> bytes:
    """Flip bits at a rate, but at least one."""
    bits = np.unpackbits(np.frombuffer(content, np.uint8))
    places = np.random.default_rng(dice.getrandbits(32)).integers(0, bits.size, max(round(bits.size * rate), 1))
    bits[places] ^= 1
    return np.packbits(bits).tobytes()


def header_flipped(content: bytes, other: bytes, dice: random.Random) -> bytes:  # noqa: ARG001 - as above
    """Flip bits of the header only."""
    return flipped(content[:HEADER], 10 ** dice.uniform(-4.5, -1.5), dice) + content[HEADER:]


def body_flipped(content: bytes, other: bytes, dice: random.Random) -> bytes:  # noqa: ARG001 - as above
    """Flip bits behind the header."""
    return content[:HEADER] + flipped(content[HEADER:], 10 ** dice.uniform(-6, -2), dice)


def field_set(content: bytes, other: bytes, dice: random.Random) -> bytes:  # noqa: ARG001 - as above
    """Overwrite some fields of four bytes in the header with extreme values."""
    changed = bytearray(content)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(min(HEADER, len(content) - 4))
        changed[at : at + 4] = dice.choice(FIELDS)
    return bytes(changed)


def header_swapped(content: bytes, other: bytes, dice: random.Random) -> bytes:
    """Put another file's header in front of this one's body."""
    size = dice.choice((16, 256, 1024, HEADER, 4 * HEADER))
    return other[:size] + content[size:]


def renamed(content: bytes, other: bytes, dice: random.Random) -> bytes:  # noqa: ARG001 - as above
    """Leave the content: only the name's suffix is wrong."""
    return content


def glued(content: bytes, other: bytes, dice: random.Random) -> bytes:
    """Append another file, or a part of it."""
    return content + other[dice.choice((0, dice.randrange(len(other)))) :]


def chunk_of(content: bytes, dice: random.Random) -> tuple[int, int]:
    """Return where a random chunk begins and ends."""
    start = dice.randrange(len(content))
    return start, min(start + dice.choice((64, 1024, 16_384, 65_536)), len(content))


def repeated(content: bytes, other: bytes, dice: random.Random) -> bytes:  # noqa: ARG001 - as above
    """Write a chunk several times."""
    start, end = chunk_of(content, dice)
    return content[:start] + content[start:end] * dice.randint(2, 8) + content[end:]


def zeroed(content: bytes, other: bytes, dice: random.Random) -> bytes:  # noqa: ARG001 - as above
    """Overwrite a chunk with zeros."""
    start, end = chunk_of(content, dice)
    return content[:start] + bytes(end - start) + content[end:]


def dropped(content: bytes, other: bytes, dice: random.Random) -> bytes:  # noqa: ARG001 - as above
    """Leave a chunk out."""
    start, end = chunk_of(content, dice)
    return content[:start] + content[end:]


MUTATIONS: dict[str, Mutation] = {
    "truncated": truncated,
    "header-flipped": header_flipped,
    "body-flipped": body_flipped,
    "field-set": field_set,
    "header-swapped": header_swapped,
    "renamed": renamed,
    "glued": glued,
    "repeated": repeated,
    "zeroed": zeroed,
    "dropped": dropped,
}


def remake(name: str, source: Path, other: Path, stem: Path, dice: random.Random) -> Path:
    """Write a file whose streams were made anew, in any container; what cannot be made of a source becomes that source.

    Half of them are damaged as well: what a tool has left behind is no safer from disks and networks than another file.
    """
    target = stem.with_suffix(dice.choice(tuple(CONTAINERS)))
    try:
        REMAKES[name](source, other, target, dice)
    except (av.FFmpegError, VideoError):
        target.unlink(missing_ok=True)
    if not target.exists():  # also where the container takes none of the streams
        target.write_bytes(source.read_bytes())
    content = target.read_bytes()
    if len(content) > HEADER and dice.random() < 0.5:
        damage = MUTATIONS[dice.choice(("truncated", "body-flipped", "repeated", "zeroed", "dropped"))]
        target.write_bytes(damage(content, other.read_bytes(), dice))
    return target


def mutate(sources: list[Path], folder: Path, number: int, seed: int) -> Path:
    """Write a mutated file whose name says how it was made, and return it; number and seed decide everything."""
    dice = random.Random(f"{seed}/{number}")
    ways = [*MUTATIONS, *REMAKES]
    name = ways[number % len(ways)]
    source, other = dice.sample(sources, 2)
    if name in REMAKES:
        return remake(name, source, other, folder / f"{number:04}-{name}", dice)
    content = MUTATIONS[name](source.read_bytes(), other.read_bytes(), dice)
    suffix = source.suffix
    if name == "renamed":
        suffix = dice.choice([other for other in SUFFIXES if other != suffix])
    target = folder / f"{number:04}-{name}{suffix}"
    target.write_bytes(content)
    return target
