"""A checkpoint is read without PyTorch, and nothing in it is called."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from slceleb_voice_campplus.checkpoint import DamagedError, read_tensors

SIX = np.arange(6, dtype="<f4")


class Named:
    """Something that a pickle names."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Called:
    """Something that a pickle has called when it is read."""

    def __init__(self, what, *arguments):
        self.what, self.arguments = what, arguments


class Stored:
    """Values that a pickle says lie beside it."""

    def __init__(self, key, count, kind="FloatStorage"):
        self.pid = ("storage", Named("torch", kind), key, "cpu", count)


class Pickler(pickle._Pickler):
    """Writes what PyTorch would, without PyTorch."""

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Named):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, Called):
            self.save(obj.what)
            self.save(obj.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)

    def persistent_id(self, obj):
        return obj.pid if isinstance(obj, Stored) else None


def tensor(stored, shape, strides, offset=0):
    hooks = Called(Named("collections", "OrderedDict"))
    return Called(Named("torch._utils", "_rebuild_tensor_v2"), stored, offset, shape, strides, False, hooks)


@pytest.fixture
def write(tmp_path):
    """Write a checkpoint of what its pickle stands for, with values beside it."""

    def written(content, values=(("0", SIX),)):
        path = tmp_path / "net.pt"
        with zipfile.ZipFile(path, "w") as archive:
            with archive.open("archive/data.pkl", "w") as file:
                Pickler(file, 2).dump(content)
            for key, array in values:
                archive.writestr(f"archive/data/{key}", array.tobytes())
        return path

    return written


def test_tensors_come_out_by_name_with_their_shapes(write):
    both = {"a": tensor(Stored("0", 6), (2, 2), (2, 1), 2), "n": tensor(Stored("1", 1, "LongStorage"), (), ())}
    found = read_tensors(write(both, [("0", SIX), ("1", np.array([7], "<i8"))]))
    np.testing.assert_array_equal(found["a"], np.array([[2, 3], [4, 5]], np.float32))
    assert found["n"].shape == ()
    assert int(found["n"]) == 7


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("collections", "Counter"), ("torch.storage", "_x")],
)
def test_whatever_else_is_named_is_refused_and_not_called(write, module, name, monkeypatch):
    monkeypatch.setattr(os, "system", lambda command: pytest.fail(f"{command} was run"))
    with pytest.raises(DamagedError, match=f"it names {module}.{name}, which is no part of a tensor"):
        read_tensors(write({"a": Called(Named(module, name), "true")}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"a": tensor(Stored("0", 6), (3, 2), (1, 3))}, "does not lie in one piece"),
        ({"a": tensor(Stored("0", 6), (4, 2), (2, 1))}, "does not lie in one piece"),
        ({"a": tensor(Stored("0", 6), (2, 2), (2, 1), -2)}, "does not lie in one piece"),
        ({"a": tensor(Stored("0", 6), (-1, 2), (2, 1))}, "does not lie in one piece"),
        ({"a": tensor(Stored("0", 7), (2, 2), (2, 1))}, "24 bytes, expected 28"),
        ({"a": tensor(Stored("9", 6), (2, 2), (2, 1))}, "archive/data/9"),
        ({"a": Called(Named("torch", "FloatStorage"))}, "not callable"),
        ({"a": 1}, "'a' is no tensor"),
        ({1: tensor(Stored("0", 6), (6,), (1,))}, "1 is no tensor"),
        ([1], "does not hold tensors by name"),
        (OrderedDict(), "does not hold tensors by name"),
    ],
)
def test_what_is_no_tensor_is_told(write, content, said):
    with pytest.raises(DamagedError, match=said):
        read_tensors(write(content))


def test_a_file_that_is_no_archive_or_is_cut_off_is_told(write, tmp_path):
    plain = tmp_path / "plain.pt"
    plain.write_bytes(b"weights")
    whole = write({"a": tensor(Stored("0", 6), (6,), (1,))})
    for path, content in ((plain, b"weights"), (whole, whole.read_bytes()[:-40])):
        path.write_bytes(content)
        with pytest.raises(DamagedError, match="it is no whole archive"):
            read_tensors(path)


def test_an_archive_without_a_pickle_or_with_two_is_told(tmp_path):
    path = tmp_path / "net.pt"
    for names in ([], ["a/data.pkl", "b/data.pkl"]):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b".")
        with pytest.raises(DamagedError, match=f"there are {len(names)} pickles"):
            read_tensors(path)


def test_a_pickle_that_ends_early_is_told(tmp_path):
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00")
    with pytest.raises(DamagedError, match="its pickle cannot be read"):
        read_tensors(path)
