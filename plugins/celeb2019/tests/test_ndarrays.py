import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from slceleb_celeb2019.ndarrays import DamagedError, read_arrays

kinds = st.sampled_from([np.dtype(kind) for kind in ("<f4", "<f8", "<f2", "u1", "<i4", "i1", "<i8")])
shapes = arrays_of.array_shapes(min_dims=1, max_dims=4, max_side=4)
some = st.dictionaries(st.text(min_size=1, max_size=9), kinds.flatmap(lambda kind: arrays_of.arrays(kind, shapes)))

TYPES = {"<f4": 0, "<f8": 1, "<f2": 2, "|u1": 3, "<i4": 4, "|i1": 5, "<i8": 6}


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


@given(some.filter(lambda arrays: len(arrays) < 4))
@settings(max_examples=50, deadline=None)
def test_what_mxnet_writes_is_read(arrays):
    found = read_arrays(saved(arrays))
    assert list(found) == list(arrays)
    for name, values in arrays.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_a_file_that_ends_anywhere_or_goes_on_is_damaged():
    whole = saved({"arg:a": np.arange(6, dtype="<f4").reshape(2, 3), "aux:b": np.zeros(2, "<i8")})
    for end in range(len(whole)):
        with pytest.raises(DamagedError):
            read_arrays(whole[:end])
    with pytest.raises(DamagedError, match="1 bytes are left"):
        read_arrays(whole + b"\0")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (0, 0x113, "does not begin as a list"),
        (24, 0xF993FACA, "not of MXNet's second format"),
        (28, 1, "is not dense"),
        (32, 99, "has 99 axes"),
        (52, 77, "values of type 77"),
    ],
)
def test_what_is_not_known_is_refused_with_what_it_is(place, value, said):
    damaged = bytearray(saved({"a": np.zeros(1, "<f4")}))
    damaged[place : place + 4] = value.to_bytes(4, "little")
    with pytest.raises(DamagedError, match=said):
        read_arrays(bytes(damaged))


def test_counts_of_what_cannot_be_there_cost_no_memory():
    damaged = bytearray(saved({"a": np.zeros(1, "<f4")}))
    damaged[16:24] = (2**60).to_bytes(8, "little")
    with pytest.raises(DamagedError, match="things cannot lie in"):
        read_arrays(bytes(damaged))
