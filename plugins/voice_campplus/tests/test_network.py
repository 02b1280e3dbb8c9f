"""The network that is drawn is the authors'; where the files are that this is shown on."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from slceleb_core.errors import ModelError
from slceleb_core.models.networks import open_session
from slceleb_core.models.providers import CPU, ProviderChoice
from slceleb_core.testing import builders
from slceleb_voice_campplus import sources
from slceleb_voice_campplus.checkpoint import DamagedError, read_tensors
from slceleb_voice_campplus.network import BLOCKS, ENTRY, drawn
from slceleb_voice_campplus.sources import CHECKPOINT, DRAWN, drawn_of
from slceleb_voice_campplus.stage import CampplusConfig, CampplusVoice

ONE = ProviderChoice((CPU,), binding=True, threads=1)

MOST = 5e-5
"""By how much a component may differ from the other conversion's, of embeddings whose largest is 3.9: 1.7e-5 was found,
on the shortest sounds; 1e-5 of a unit."""


class Lot:
    """Tensors of the network's names, drawn by lot, with fewer channels."""

    def __init__(self):
        self.random, self.tensors = np.random.default_rng(0), {}
        self.head()
        size = self.moments(8)
        self.norm("xvector.out_nonlinear.batchnorm", size)
        self.conv("xvector.dense.linear", 16, 2 * size, 1)
        self.norm("xvector.dense.nonlinear.batchnorm", 16, parts=("running_mean", "running_var"))

    def head(self):
        for number, inputs in ((1, 1), (2, 32)):
            self.layer(f"head.conv{number}", f"head.bn{number}", 32, inputs, 3, 3)
        for name in (f"head.layer{part}.{block}" for part in (1, 2) for block in (0, 1)):
            for number in (1, 2):
                self.layer(f"{name}.conv{number}", f"{name}.bn{number}", 32, 32, 3, 3)
            if name.endswith("0"):
                self.layer(f"{name}.shortcut.0", f"{name}.shortcut.1", 32, 32, 1, 1)

    def moments(self, size):
        self.layer("xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm", size, 320, 5)
        for number, (layers, _) in enumerate(BLOCKS, 1):
            for layer in range(1, layers + 1):
                self.dense(f"xvector.block{number}.tdnnd{layer}", size)
                size += 4
            self.norm(f"xvector.transit{number}.nonlinear.batchnorm", size)
            self.conv(f"xvector.transit{number}.linear", size // 2, size, 1)
            size //= 2
        return size

    def dense(self, name, size):
        self.norm(f"{name}.nonlinear1.batchnorm", size)
        self.layer(f"{name}.linear1", f"{name}.nonlinear2.batchnorm", 8, size, 1)
        self.conv(f"{name}.cam_layer.linear_local", 4, 8, 3)
        for number, shape in ((1, (4, 8, 1)), (2, (4, 4, 1))):
            self.conv(f"{name}.cam_layer.linear{number}", *shape)
            self.tensors[f"{name}.cam_layer.linear{number}.bias"] = self.random.normal(size=4).astype(np.float32)

    def layer(self, name, norm, *shape):
        self.conv(name, *shape)
        self.norm(norm, shape[0])

    def conv(self, name, *shape):
        drawn_by_lot = self.random.normal(0, 1.5 / np.sqrt(np.prod(shape[1:])), shape)
        self.tensors[f"{name}.weight"] = drawn_by_lot.astype(np.float32)

    def norm(self, name, size, parts=("weight", "bias", "running_mean", "running_var")):
        for part in parts:
            low, high = (0.8, 1.2) if part in ("weight", "running_var") else (-0.2, 0.2)
            self.tensors[f"{name}.{part}"] = self.random.uniform(low, high, size).astype(np.float32)
        self.tensors[f"{name}.num_batches_tracked"] = np.array(1)


def small_tensors():
    return Lot().tensors


class Plain:
    """The network in NumPy, moment by moment, as the authors write it."""

    def __init__(self, tensors):
        self.tensors = tensors

    def embedding(self, x):
        x = self.head(x.transpose(0, 2, 1)[:, None].astype(np.float64))
        x = self.active(self.conv(x.reshape(len(x), 320, -1), "xvector.tdnn.linear", 2, 2), "xvector.tdnn.nonlinear")
        for number, (layers, step) in enumerate(BLOCKS, 1):
            for layer in range(1, layers + 1):
                x = np.concatenate([x, self.dense(x, f"xvector.block{number}.tdnnd{layer}", step)], axis=1)
            name = f"xvector.transit{number}"
            x = self.conv(self.active(x, f"{name}.nonlinear"), f"{name}.linear")
        x = self.active(x, "xvector.out_nonlinear")
        x = np.concatenate([x.mean(axis=2), x.std(axis=2, ddof=1)], axis=1)[..., None]
        return self.norm(self.conv(x, "xvector.dense.linear"), "xvector.dense.nonlinear.batchnorm")[..., 0]

    def head(self, x):
        x = self.picture(x, "head.conv1", "head.bn1").clip(0)
        for part in (1, 2):
            for block in (0, 1):
                name, stride = f"head.layer{part}.{block}", 2 - block
                inner = self.picture(x, f"{name}.conv1", f"{name}.bn1", stride).clip(0)
                inner = self.picture(inner, f"{name}.conv2", f"{name}.bn2")
                beside = x if block else self.picture(x, f"{name}.shortcut.0", f"{name}.shortcut.1", 2, 0)
                x = (inner + beside).clip(0)
        return self.picture(x, "head.conv2", "head.bn2", 2).clip(0)

    def dense(self, x, name, step):
        x = self.conv(self.active(x, f"{name}.nonlinear1"), f"{name}.linear1")
        x = self.active(x, f"{name}.nonlinear2")
        hundreds = [x[..., start : start + 100] for start in range(0, x.shape[2], 100)]
        means = np.concatenate([np.broadcast_to(h.mean(axis=2, keepdims=True), h.shape) for h in hundreds], axis=2)
        mask = self.conv(x.mean(axis=2, keepdims=True) + means, f"{name}.cam_layer.linear1").clip(0)
        mask = self.conv(mask, f"{name}.cam_layer.linear2")
        return self.conv(x, f"{name}.cam_layer.linear_local", 1, step, step) / (1 + np.exp(-mask))

    def active(self, x, name):
        return self.norm(x, f"{name}.batchnorm").clip(0)

    def norm(self, x, name):
        def part(key, otherwise):
            found = self.tensors.get(f"{name}.{key}", otherwise)
            return np.reshape(found, (-1, *[1] * (x.ndim - 2)))

        scaled = (x - part("running_mean", 0.0)) / np.sqrt(part("running_var", 1.0) + 1e-5)
        return scaled * part("weight", 1.0) + part("bias", 0.0)

    def conv(self, x, name, stride=1, edge=0, step=1):
        weight, bias = self.tensors[f"{name}.weight"], self.tensors.get(f"{name}.bias", np.zeros(1))
        reach = step * (weight.shape[2] - 1) + 1
        windows = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (edge, edge))), reach, axis=2)[:, :, ::stride, ::step]
        return np.einsum("bctk,ock->bot", windows, weight, optimize=True) + bias[:, None]

    def picture(self, x, name, norm, stride=1, edge=1):
        weight = self.tensors[f"{name}.weight"]
        padded = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
        windows = sliding_window_view(padded, weight.shape[2:], axis=(2, 3))[:, :, ::stride]
        return self.norm(np.einsum("bcftij,ocij->boft", windows, weight, optimize=True), norm)


def embedded(content, *lengths):
    session, random = open_session(content, ONE), np.random.default_rng(1)
    return [session.run(None, {ENTRY: random.normal(0, 3, (2, t, 80)).astype(np.float32)})[0] for t in lengths]


@pytest.mark.parametrize("windows", [3, 199, 201, 402])
def test_what_is_drawn_gives_what_the_authors_write(windows):
    """Of two sounds at once, whose halved windows are fewer than a hundred, just a hundred, and one more."""
    tensors = small_tensors()
    x = np.random.default_rng(1).normal(0, 3, (2, windows, 80)).astype(np.float32)
    (found,) = open_session(drawn(tensors), ONE).run(None, {ENTRY: x})
    assert found.shape == (2, 16)
    np.testing.assert_allclose(found, Plain(tensors).embedding(x), atol=2e-4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda tensors: tensors.pop("xvector.block2.tdnnd7.linear1.weight"),
            "it has no xvector.block2.tdnnd7.linear1",
        ),
        (lambda tensors: tensors.update({"head.conv9.weight": np.zeros(1)}), "it has head.conv9.weight, which CAM"),
    ],
)
def test_a_checkpoint_of_another_network_is_told(change, said):
    tensors = small_tensors()
    change(tensors)
    with pytest.raises(DamagedError, match=said):
        drawn(tensors)


def test_the_authors_checkpoint_gives_what_the_other_conversion_gives(checkpoint, converted):
    content = drawn_of(checkpoint)
    assert len(read_tensors(checkpoint)) == 937
    lengths = (3, 98, 199, 200, 201, 298, 401)
    for ours, theirs in zip(embedded(content, *lengths), embedded(converted, *lengths), strict=True):
        assert np.abs(ours - theirs).max() < MOST
        alike = (ours * theirs).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
        assert alike.min() > 1 - 1e-5


@pytest.fixture
def machine_of(tmp_path, monkeypatch):
    """A machine with a checkpoint of a small network, pinned as if it were the authors'."""
    monkeypatch.delenv("SLCELEB_MODELS", raising=False)
    folder, content = tmp_path / "models", b"weights"
    folder.mkdir()
    (folder / CHECKPOINT.name).write_bytes(content)
    network = drawn(small_tensors())
    monkeypatch.setattr(sources, "CHECKPOINT", pinned(CHECKPOINT, content))
    monkeypatch.setattr(sources, "DRAWN", pinned(DRAWN, network))
    drawings = []

    def draw(path):
        drawings.append(path.name)
        return network

    monkeypatch.setattr(sources, "drawn_of", draw)
    return builders.context(folder, cache=tmp_path / "cache"), drawings


def pinned(file, content):
    from dataclasses import replace
    from hashlib import sha256

    return replace(file, sha256=sha256(content).hexdigest(), bytes=len(content))


def opened(context, **options):
    with CampplusVoice(CampplusConfig(**options), context) as voice:
        return dict(voice.report()), voice.embed([builders.audio(2.0, samples=noise())])


def noise():
    return np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)


def test_the_network_is_drawn_once_and_kept(machine_of):
    context, drawings = machine_of
    first, one = opened(context)
    second, two = opened(context)
    assert drawings == [CHECKPOINT.name]
    assert [path.name for path in context.models.cache.iterdir()] == [DRAWN.name]
    assert first == second
    assert first["model"] == sources.CHECKPOINT.sha256
    assert first["licence"] == "Apache-2.0"
    np.testing.assert_array_equal(one, two)


def test_a_kept_network_that_was_damaged_is_drawn_anew(machine_of):
    context, drawings = machine_of
    opened(context)
    (context.models.cache / DRAWN.name).write_bytes(b"damaged")
    opened(context)
    assert len(drawings) == 2
    assert (context.models.cache / DRAWN.name).stat().st_size > 1000


def test_without_a_cache_it_is_drawn_each_time(machine_of):
    context, drawings = machine_of
    context.models.cache.write_text("a file, and no folder")
    assert opened(context)[0]["file"] == CHECKPOINT.name
    opened(context)
    assert len(drawings) == 2


def test_a_network_that_another_onnx_writes_otherwise_is_run_and_not_kept(machine_of, monkeypatch):
    context, drawings = machine_of
    monkeypatch.setattr(sources, "DRAWN", pinned(DRAWN, b"what this version would write"))
    assert opened(context)[0]["file"] == CHECKPOINT.name
    assert drawings == [CHECKPOINT.name]
    assert not context.models.cache.exists()


def test_a_checkpoint_that_holds_something_else_is_one_line(tmp_path):
    path = tmp_path / CHECKPOINT.name
    path.write_bytes(b"weights")
    with pytest.raises(ModelError, match=f"{path}: it is no whole archive"):
        drawn_of(path)


def test_a_missing_network_is_told_with_how_to_get_it(tmp_path):
    context = builders.context(tmp_path)
    for ask in (lambda: CampplusVoice.check_models(CampplusConfig(), context.models), lambda: opened(context)):
        with pytest.raises(ModelError, match=CHECKPOINT.name) as caught:
            ask()
        assert f"slceleb models fetch {CHECKPOINT.name} --from-index" in caught.value.hint


def test_a_network_of_the_users_own_counts_by_its_content(machine_of, tmp_path):
    context, _ = machine_of
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(drawn(small_tensors()))
    report, rows = opened(context, file=mine)
    assert report["file"] == "mine.onnx"
    assert rows.shape == (1, 16)
    signature = CampplusVoice(CampplusConfig(file=mine), context).signature()
    other = mine.rename(tmp_path / "other.onnx")
    assert CampplusVoice(CampplusConfig(file=other), context).signature() == signature
    assert CampplusVoice(CampplusConfig(), context).signature() != signature


def test_a_model_that_takes_something_else_is_one_line(machine_of, tmp_path):
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("x", "y")]
    node = helper.make_node("Relu", ["x"], ["y"])
    graph = helper.make_graph([node], "other", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "other.onnx"
    path.write_bytes(model.SerializeToString())
    context, _ = machine_of
    with pytest.raises(ModelError, match="has no input 'fbank'"):
        opened(context, file=path)


def test_a_long_sound_is_embedded_in_parts_of_the_same_voice(machine_of):
    context, _ = machine_of
    random = np.random.default_rng(5)
    sound = random.normal(0, 0.1, 35 * 16_000).astype(np.float32)
    with CampplusVoice(CampplusConfig(), context) as voice:
        whole, half, other = voice.embed(
            [builders.audio(samples=part) for part in (sound, sound[: 17 * 16_000], sound[18 * 16_000 :])]
        )
    assert whole @ half > 0.9
    middle = half + other
    assert whole @ (middle / np.linalg.norm(middle)) > 0.99


def test_a_sound_of_another_rate_is_refused(machine_of):
    from slceleb_core.types import AudioSpan

    context, _ = machine_of
    with CampplusVoice(CampplusConfig(), context) as voice, pytest.raises(ValueError, match="48000 Hz"):
        voice.embed([AudioSpan(noise(), 0.0, 48_000)])
