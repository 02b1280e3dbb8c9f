"""What the tests share: files as MXNet writes them, made on the spot, and the real ones where they are at hand."""

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
TYPES = {"<f4": 0, "<f8": 1, "<f2": 2, "|u1": 3, "<i4": 4, "|i1": 5, "<i8": 6}


@pytest.fixture(scope="session")
def folder() -> Path:
    """Return the folder with the four files of 2019."""
    found = Path(os.environ.get("SLCELEB_MODELS", SHARED / "models")) / "celeb2019"
    if not found.is_dir():
        pytest.skip(f"no {found}: the networks of 2019 are not at hand")
    return found


@pytest.fixture(scope="session")
def media() -> Path:
    """Return the folder of photos and clips."""
    if not (SHARED / "media").is_dir():
        pytest.skip(f"no {SHARED / 'media'}: photos are not at hand")
    return SHARED / "media"


def saved(arrays) -> bytes:
    """Return a file of parameters, as MXNet 1.x writes it."""
    parts = [struct.pack("<QQQ", 0x112, 0, len(arrays))]
    for values in map(np.asarray, arrays.values()):
        parts.append(struct.pack("<IiI", 0xF993FAC9, 0, values.ndim))
        parts.append(struct.pack(f"<{values.ndim}q", *values.shape))
        parts.append(struct.pack("<iii", 1, 0, TYPES[values.dtype.str]) + values.tobytes())
    parts.append(struct.pack("<Q", len(arrays)))
    parts += [struct.pack("<Q", len(name.encode())) + name.encode() for name in arrays]
    return b"".join(parts)


def described(*operators) -> str:
    """Return a description of a network: of operators, each with what goes in by name; the last one comes out."""
    nodes, places = [], {}
    for kind, name, attributes, inputs in operators:
        for entry in inputs:
            if entry not in places:
                places[entry] = len(nodes)
                nodes.append({"op": "null", "name": entry, "inputs": []})
        places[name] = len(nodes)
        wires = [[places[entry], 0, 0] for entry in inputs]
        nodes.append({"op": kind, "name": name, "attrs": attributes, "inputs": wires})
    return json.dumps({"nodes": nodes, "heads": [[len(nodes) - 1, 0, 0]]})
