"""Making a network of the authors' checkpoint. PyTorch is not part of the tests' environment."""

from __future__ import annotations

import importlib.util

import pytest

from slceleb_speaker_lrasd import convert


def test_without_pytorch_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    out = tmp_path / "net.onnx"
    assert convert.main(["--code", str(tmp_path), str(tmp_path / "weights.model"), str(out)]) == 2
    error = capsys.readouterr().err
    assert "PyTorch is not installed" in error
    assert "slceleb-speaker-lrasd[convert]" in error
    assert not out.exists()


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_a_folder_that_is_no_code_of_the_authors_is_named(tmp_path, capsys):
    assert convert.main(["--code", str(tmp_path), str(tmp_path / "weights.model"), str(tmp_path / "net.onnx")]) == 2
    assert str(tmp_path) in capsys.readouterr().err
