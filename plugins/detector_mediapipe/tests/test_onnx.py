"""The networks on ONNX Runtime give what they give on LiteRT, and on a card what they give without one."""

import logging
import os
from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.errors import ModelError, PluginError, UsageError
from slceleb_core.media.windows import cut_windows
from slceleb_core.models import card
from slceleb_core.models.card import CardSession
from slceleb_core.models.providers import CPU, CUDA
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import MeshingDetectorConformance
from slceleb_core.types import Frame
from slceleb_detector_mediapipe import MediapipeConfig, MediapipeDetector, eyes, runtimes
from slceleb_detector_mediapipe.eyes import open_eyes
from slceleb_detector_mediapipe.litert import LiteRtNetwork

onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
converting = pytest.importorskip("slceleb_detector_mediapipe.converting", reason="the extra onnx is not installed")
onnxrt = pytest.importorskip("slceleb_detector_mediapipe.onnxrt", reason="the extra onnx is not installed")

SAME = 3e-5
"""How far outputs may be from LiteRT's, in parts of the largest: rounding; at most 1.4e-5 was seen, of presence.

For landmarks that is .007 of 256 pixels; at most .0008 was seen.
"""

ALIKE = 0.001
"""Face sizes by which landmarks may differ where each runtime looks through windows of its own; at most .0003 was seen.

Windows that are a hundredth of a pixel apart show some pixels a step darker, and LiteRT itself sees as much in them.
"""

ENTRIES = {"detector": ((128, 128, 3), 1.0), "landmarks": ((256, 256, 3), 1.0), "blendshapes": ((146, 2), 200.0)}
"""Of each network: the shape of a row, and how large its numbers are."""

TABLES = {"plain": converting.OPERATORS, "blocked": converting.BLOCKED}


class TestMediapipeOnOnnxRuntime(MeshingDetectorConformance):
    stage = MediapipeDetector
    options = {"runtime": "onnx", "blendshapes": True}  # noqa: RUF012 - as the suite has it


def noise(name, rows):
    shape, size = ENTRIES[name]
    return np.random.default_rng(0).random((rows, *shape), dtype=np.float32) * np.float32(size)


def session_of(content):
    return onnxruntime.InferenceSession(content, providers=[CPU])


def close(found, expected):
    for values, same in zip(found, expected, strict=True):
        assert values.shape == same.shape
        np.testing.assert_allclose(values, same, rtol=0, atol=SAME * max(np.abs(same).max(), 1.0))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", ENTRIES)
def test_a_converted_network_gives_what_litert_gives_in_any_batch(archive, name, table):
    content, rows = getattr(archive, name), noise(name, 3)
    network = onnxrt.OnnxNetwork(session_of(converting.to_onnx(name, content, TABLES[table])))
    together = network.run(rows)
    close(together, LiteRtNetwork(content).run(rows))
    alone = [network.run(rows[n : n + 1]) for n in range(len(rows))]
    close(together, [np.concatenate(values) for values in zip(*alone, strict=True)])


def test_faces_have_the_same_landmarks_and_blendshapes(archive, group):
    height, width = group.shape[:2]
    small = cut_windows(group, np.array([[width / 2, height / 2, height, 0.0]]), 128)[0]
    windows = np.array([[width / 2 + x, height / 2, height / 3, 0.1] for x in (-300, 0, 300)])
    images = cut_windows(group, windows, 256)
    on = {}
    for runtime in ("litert", "onnx"):
        seen = open_eyes(archive, MediapipeConfig(runtime=runtime, blendshapes=True), 2, "cpu")
        on[runtime] = (seen.crew.mesh(images, windows), seen.finder.find(small))
        seen.close()
    (expected, there), (found, here) = on["litert"], on["onnx"]
    assert np.abs(found.points - expected.points).max() < 1e-5  # of a window
    np.testing.assert_allclose(found.presence, expected.presence, atol=1e-4)
    np.testing.assert_allclose(found.blendshapes, expected.blendshapes, atol=1e-4)
    assert len(here) == len(there)
    for mine, other in zip(here, there, strict=True):
        np.testing.assert_allclose(mine.box, other.box, atol=1e-5)


def test_a_detector_sees_the_same_on_both(opened, group):
    seen = []
    for runtime in ("litert", "onnx"):
        detector = opened(runtime=runtime)
        detector.start(builders.video_info())
        seen.append(detector.detect([Frame(0, 0.0, group), Frame(1, 0.1, group)]))
    for mine, other in zip(*seen, strict=True):
        assert len(mine) == len(other) > 1
        sizes = other.sizes[:, None, None]
        assert (np.abs(mine.landmarks478 - other.landmarks478) / sizes)[..., :2].max() < ALIKE


@pytest.fixture
def changed(archive, monkeypatch, tmp_path):
    """Give a function that puts another operator in the place of one in the mesh network, as the converter reads it."""

    def change(kind, **options):
        read = converting.read_graph

        def other(content):
            graph = read(content)
            operators = [
                replace(step, kind=kind or step.kind, options={**step.options, **options})
                if step.kind == "ADD"
                else step
                for step in graph.operators
            ]
            return replace(graph, operators=tuple(operators))

        monkeypatch.setattr(converting, "read_graph", other)

    return change


def test_an_operator_that_is_not_known_is_named(archive, changed):
    changed("GATHER_ND")
    with pytest.raises(converting.UnconvertibleError, match=r"^mesh: the operator GATHER_ND is not known$"):
        converting.to_onnx("mesh", archive.landmarks, converting.OPERATORS)


def test_an_activation_that_is_not_known_is_told(archive, changed):
    changed(None, fusedActivationFunction=4)
    with pytest.raises(converting.UnconvertibleError, match="ADD has the activation 4"):
        converting.to_onnx("mesh", archive.landmarks, converting.OPERATORS)


def test_litert_takes_over_what_cannot_be_converted_and_the_result_says_so(opened, changed, caplog):
    changed("GATHER_ND")
    report = opened(runtime="onnx").report()
    assert report["runtime"] == "litert"
    assert list(report["versions"]) == ["ai-edge-litert"]
    assert report["device"] == "cpu"
    why = "it cannot be converted for ONNX Runtime: face_detector.tflite: the operator GATHER_ND is not known"
    assert report["runtime_reason"] == why
    assert why in caplog.text


@pytest.fixture
def written(capfd):
    """Have warnings written where the command line writes them; return a function that gives what was."""
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: os.write(2, record.getMessage().encode())
    logging.getLogger().addHandler(handler)
    yield lambda: capfd.readouterr().err
    logging.getLogger().removeHandler(handler)


def test_that_litert_takes_over_is_seen_while_native_libraries_are_kept_quiet(opened, changed, written):
    changed("GATHER_ND")
    opened(runtime="onnx")
    assert "the operator GATHER_ND is not known: LiteRT runs it" in written()


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x1c\0\0\0TFL3" + b"\xff" * 40])
def test_what_is_no_network_is_one_line(content):
    with pytest.raises(ValueError, match="it is no TensorFlow Lite file"):
        converting.to_onnx("mesh", content, converting.OPERATORS)


def test_a_model_file_with_a_broken_network_is_told(archive):
    with pytest.raises(ModelError, match="cannot be loaded as a face landmarker: it is no TensorFlow Lite file"):
        open_eyes(replace(archive, landmarks=b"nothing"), MediapipeConfig(runtime="onnx"), 1, "cpu")


def test_the_result_says_on_what_it_ran(opened):
    report = opened(runtime="onnx", providers=[CPU]).report()
    assert report["runtime"] == "onnx"
    assert report["device"] == "cpu"
    assert "onnxruntime" in report["versions"]
    assert report["providers"] == {"requested": [CPU], "used": [CPU]}
    assert report["windows_per_call"] == 1


def test_a_provider_that_is_not_there_is_an_error(archive):
    with pytest.raises(UsageError, match=r"detect\.options\.providers: ONNX Runtime here has no RocketExecutionProv"):
        open_eyes(archive, MediapipeConfig(providers=["RocketExecutionProvider"]), 1, "auto")


def test_providers_are_onnx_runtimes_alone():
    MediapipeDetector.check(MediapipeConfig(providers=[CPU]))
    with pytest.raises(UsageError, match=r"only ONNX Runtime has providers, and detect\.options\.runtime is litert"):
        MediapipeDetector.check(MediapipeConfig(providers=[CPU], runtime="litert"))


def test_what_is_missing_for_onnx_runtime_is_named_with_the_extra(monkeypatch):
    monkeypatch.setitem(runtimes.MODULES, runtimes.ONNX, {"onnx_that_is_not_here": "onnx"})
    with pytest.raises(PluginError, match="onnx is not installed") as caught:
        MediapipeDetector.check(MediapipeConfig(runtime="onnx"))
    assert "pip install 'slceleb-detector-mediapipe[onnx]'" in caught.value.hint


@pytest.mark.parametrize(
    ("device", "distributions", "expected"),
    [
        ("cpu", {"onnxruntime-gpu": "1.30"}, "litert"),
        ("auto", {"onnxruntime-gpu": "1.30"}, "litert"),
        ("cuda", {"onnxruntime-gpu": "1.30"}, "onnx"),
        ("cuda", {"onnxruntime": "1.30"}, "litert"),
    ],
)
def test_a_card_that_is_asked_for_is_taken_where_there_is_a_runtime_for_it(
    context, monkeypatch, device, distributions, expected
):
    monkeypatch.setattr(runtimes, "versions", lambda name: distributions)
    detector = MediapipeDetector(MediapipeConfig(), replace(context, device=device))
    assert detector.signature()["runtime"] == expected


@pytest.fixture
def cards(monkeypatch):
    """Have ONNX Runtime say that it has a card; return what each session was given, and how many rows each call had."""
    opened, asked = onnxruntime.InferenceSession, []

    class Session(opened):
        def __init__(self, content, sess_options, providers, provider_options):
            asked.append((list(providers), provider_options[0].get("use_tf32")))
            super().__init__(content, sess_options, providers=[CPU])

        def get_providers(self):
            return [CUDA, CPU]

        def run_with_iobinding(self, binding, run_options=None):
            super().run_with_iobinding(binding, run_options)
            calls.append(len(binding.copy_outputs_to_cpu()[0]))

    calls = []
    monkeypatch.setattr(card, "DEVICE", "cpu")  # the calls are the same, and the memory is one that there is here
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    return asked, calls


def test_a_card_is_given_many_windows_at_once(archive, cards, monkeypatch):
    asked, calls = cards
    monkeypatch.setattr(onnxrt, "CARD_ROWS", 4)
    config = MediapipeConfig(runtime="onnx", blendshapes=True)
    seen = open_eyes(archive, config, 2, "auto")
    images = (noise("landmarks", 6) * 255).astype(np.uint8)
    windows = np.tile([128.0, 128.0, 256.0, 0.0], (6, 1))
    calls.clear()
    found = seen.crew.mesh(images, windows)
    assert calls == [4, 2, 4, 2]  # meshes, then blendshapes
    assert all(given == ([CUDA, CPU], "0") for given in asked)
    assert seen.facts["device"] == "cuda"
    assert seen.facts["providers"] == {"requested": [CUDA, CPU], "used": [CUDA, CPU]}
    assert seen.facts["windows_per_call"] == 4
    seen.close()
    expected = open_eyes(archive, replace_runtime(config, "litert"), 1, "cpu").crew.mesh(images, windows)
    assert np.abs(found.points - expected.points).max() < 1e-5
    np.testing.assert_allclose(found.blendshapes, expected.blendshapes, atol=1e-4)


def replace_runtime(config, name):
    return config.model_copy(update={"runtime": name})


def test_on_a_card_the_graph_is_the_plain_one(archive, cards, monkeypatch):
    drawn = []
    plain = converting.to_onnx
    monkeypatch.setattr(converting, "to_onnx", lambda *given: drawn.append(given[2]) or plain(*given))
    eyes.open_eyes(archive, MediapipeConfig(runtime="onnx"), 1, "auto").close()
    assert all(table is converting.OPERATORS for table in drawn)


def test_a_card_that_does_not_start_stops_who_asked_for_it(archive, monkeypatch, written):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    opened = onnxruntime.InferenceSession

    def without(content, options, providers, provider_options):
        return opened(content, options, providers=[CPU])

    monkeypatch.setattr(onnxruntime, "InferenceSession", without)
    with pytest.raises(UsageError, match="could not start CUDAExecutionProvider"):
        open_eyes(archive, MediapipeConfig(runtime="onnx"), 1, "cuda")
    seen = open_eyes(archive, MediapipeConfig(runtime="onnx"), 1, "auto")
    assert seen.facts["device"] == "cpu"
    assert written().count("could not start CUDAExecutionProvider") == 1


def test_a_card_session_is_used_on_a_card_alone(archive, cards):
    session = onnxruntime.InferenceSession(
        converting.to_onnx("detector", archive.detector, converting.OPERATORS), None, [CUDA], [{}]
    )
    assert isinstance(onnxrt.OnnxNetwork(session)._session, CardSession)
