"""A recognizer that fetches its model: what is known of results before and after that."""

import json

import pytest

from slceleb_core.testing import FakePlugin, FakeRecognizer


@pytest.fixture
def model(tmp_path):
    """Return where the model lies, once it has been fetched."""
    return tmp_path / "models" / "pack.onnx"


@pytest.fixture
def plugin(model):
    class Fetching(FakeRecognizer):
        """Its model is not pinned, so what it is can only be told by its content."""

        def fetch(self):
            model.parent.mkdir(exist_ok=True)
            if not model.exists():
                model.write_text("as published")

        def open(self):
            self.fetch()
            super().open()

        def signature(self):
            return {"model": model.read_text() if model.exists() else "pack", **super().signature()}

    return FakePlugin(recognizer=Fetching)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(slceleb, talking, photos, fakes, out):
    """Return a function that runs one command, with more options or other photos; it returns how many were tried."""

    def carry_out(*options, poi=("--poi-dir", photos)):
        said = slceleb("run", talking, *poi, "--profile", fakes, "--output-dir", out, *options)
        assert said.code == 0, said.err
        return json.loads((out / "batch_summary.json").read_text())["run"]["attempted"]

    return carry_out


def kept(out):
    return {path.relative_to(out) for path in (out / ".artefacts").rglob("*") if path.is_file()}


def test_the_same_command_after_the_first_fetch_does_nothing(run, model):
    assert not model.exists()
    assert run() == 1
    assert model.exists()
    assert run() == 0


def test_what_was_kept_of_photos_and_faces_before_the_first_fetch_is_used_after_it(run, out):
    run()
    before = kept(out)
    assert run("--set", "identity.margin=0.06") == 1
    assert kept(out) == before


def test_a_changed_model_is_another_model(run, model):
    run()
    model.write_text("a later one")
    assert run() == 1


def test_nothing_is_fetched_for_a_preview_or_without_photos(run, slceleb, talking, photos, fakes, out, model):
    command = ("run", talking, "--profile", fakes, "--output-dir", out)
    assert slceleb(*command, "--poi-dir", photos, "--dry-run").code == 0
    assert run(poi=()) == 1
    assert not model.exists()
