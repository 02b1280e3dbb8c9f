"""ONNX files that plugins run: pinned or the user's own, with their hash, licence, providers and shapes."""

import hashlib
import json
import logging
import sys

import numpy as np
import pytest

from slceleb_core.errors import ModelError, PluginError, UsageError
from slceleb_core.models import ModelFile, ModelStore, Terms, networks
from slceleb_core.models.networks import hash_of, open_model, source_of
from slceleb_core.models.providers import CPU, CUDA
from slceleb_core.stages import StageContext

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
OPTION = "speaker.options.providers"


@pytest.fixture
def model(tmp_path):
    """Return the path of a network that adds its two inputs, and doubles the first."""
    of = onnx.helper.make_tensor_value_info
    inputs = [of("a", onnx.TensorProto.FLOAT, ["n", 3]), of("b", onnx.TensorProto.FLOAT, ["n", 3])]
    outputs = [of("sum", onnx.TensorProto.FLOAT, ["n", 3]), of("twice", onnx.TensorProto.FLOAT, ["n", 3])]
    nodes = [onnx.helper.make_node("Add", list(pair), [out]) for pair, out in (("ab", "sum"), ("aa", "twice"))]
    graph = onnx.helper.make_graph(nodes, "sums", inputs, outputs)
    path = tmp_path / "models" / "sums.onnx"
    path.parent.mkdir()
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


@pytest.fixture
def context(tmp_path):
    return StageContext(ModelStore(cache=tmp_path / "cache", folder=tmp_path / "models"), device="cpu", threads=1)


def pinned(path, **more):
    content = path.read_bytes()
    return ModelFile(path.name, hashlib.sha256(content).hexdigest(), len(content), "MIT", "adds", **more)


def fed(n=2):
    return {"a": np.ones((n, 3), np.float32), "b": np.full((n, 3), 2, np.float32)}


@pytest.mark.parametrize("own", [True, False])
def test_whether_a_model_is_there_is_told_without_loading_it(model, context, own):
    source = model if own else pinned(model)
    networks.check_model(source, context.models)
    assert not context.models.used
    model.unlink()
    with pytest.raises(ModelError, match=r"sums\.onnx"):
        networks.check_model(source, context.models)


@pytest.mark.parametrize("own", [True, False])
def test_a_model_runs_and_says_what_it_is(model, context, own):
    source = model if own else pinned(model)
    opened = open_model(source, context, None, OPTION, inputs={"a": (None, 3), "b": (None, None)})
    total, twice = opened.run(fed())
    np.testing.assert_array_equal(total, np.full((2, 3), 3))
    np.testing.assert_array_equal(twice, np.full((2, 3), 2))
    facts = opened.facts()
    assert facts == {
        "file": "sums.onnx",
        "sha256": hash_of(source, context.models),
        "licence": "unknown: ask its publisher" if own else "MIT",
        "providers": {"requested": [CPU], "used": [CPU]},
    }
    json.dumps(facts)
    (used,) = context.models.used.values()
    assert (used.name, used.sha256) == ("sums.onnx", facts["sha256"])


def test_a_file_of_ones_own_is_found_in_the_folder_of_models_and_its_terms_beside_it(model, context):
    (model.parent / "MODEL.LICENSE").write_text("mine")
    opened = open_model(source_of("sums.onnx", {}, "speaker.options.model"), context, None, OPTION)
    assert opened.path == model
    assert opened.facts()["licence"] == "unknown: see MODEL.LICENSE of its package"


def test_a_file_of_ones_own_counts_by_its_content(model, context):
    before = hash_of(model, context.models)
    model.write_bytes(model.read_bytes() + b" ")
    assert hash_of(model, context.models) != before


def test_what_an_option_names_is_a_pinned_file_or_a_path(model, context):
    files = {"sums": pinned(model), "others": pinned(model)}
    assert source_of(None, files, "x") is files["sums"]
    assert source_of("others", files, "x") is files["others"]
    assert source_of(str(model), files, "x") == model
    with pytest.raises(UsageError, match=r"speaker\.options\.model: 'smus' is neither") as error:
        source_of("smus", files, "speaker.options.model")
    assert error.value.hint == "did you mean sums?"


def test_terms_of_a_pinned_file_are_demanded_and_a_wrong_hash_is_refused(model, context):
    file = pinned(model, terms=Terms("example", "tests only", "https://example.org"))
    with pytest.raises(ModelError, match="accept once"):
        open_model(file, context, None, OPTION)
    context.models.accept(file.terms)
    assert open_model(file, context, None, OPTION).used.accepted
    model.write_bytes(model.read_bytes() + b" ")
    with pytest.raises(ModelError, match="that is pinned"):
        open_model(file, context, None, OPTION)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"c": (None, 3)}, "has no input 'c', only a, b"),
        ({"a": (None, 4)}, "its input 'a' is any x 3, expected any x 4"),
        ({"b": (None, 3, None)}, "its input 'b' is any x 3, expected any x 3 x any"),
    ],
)
def test_another_kind_of_model_is_one_line(model, context, inputs, words):
    with pytest.raises(ModelError) as error:
        open_model(model, context, None, OPTION, inputs=inputs)
    assert words in error.value.message
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [None, b"not a model"])
def test_a_file_that_is_missing_or_none_is_one_line(model, context, content):
    other = model.with_name("other.onnx")
    if content is not None:
        other.write_bytes(content)
    with pytest.raises(ModelError, match=str(other)) as error:
        open_model(other, context, None, OPTION)
    assert "\n" not in str(error.value)


def test_a_provider_that_is_not_there_is_an_error_that_names_the_option(model, context):
    with pytest.raises(UsageError, match=OPTION):
        open_model(model, context, ["NoSuchExecutionProvider"], OPTION)


def test_a_provider_that_the_machine_chose_and_that_fails_is_a_warning(model, tmp_path, monkeypatch, caplog):
    opened = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(
        onnxruntime, "InferenceSession", lambda path, options, **_: opened(path, options, providers=[CPU])
    )
    context = StageContext(ModelStore(cache=tmp_path), device="auto")
    with caplog.at_level(logging.WARNING):
        found = open_model(model, context, None, OPTION)
    assert found.facts()["providers"] == {"requested": [CUDA, CPU], "used": [CPU]}
    assert "could not start CUDAExecutionProvider" in caplog.text


def test_on_a_card_rows_go_through_buffers_there_where_the_caller_says_how_many(model, context, monkeypatch):
    made = []
    monkeypatch.setattr(networks, "CUDA", CPU)  # the calls are the same
    monkeypatch.setattr(networks, "CardSession", lambda session, rows: made.append(rows) or session)
    open_model(model, context, None, OPTION)
    assert made == []
    open_model(model, context, None, OPTION, rows=8).run(fed())
    assert made == [8]


def test_without_onnx_runtime_it_is_one_line(model, context, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(PluginError, match="ONNX Runtime cannot be imported"):
        open_model(model, context, None, OPTION)
