"""Each operator does what MXNet says that it does."""

import json

import numpy as np
import onnxruntime
import pytest

from slceleb_celeb2019.symbols import UnknownError, to_onnx

RANDOM = np.random.default_rng(7)
PICTURES = RANDOM.standard_normal((2, 3, 4, 6)).astype(np.float32)


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


def run(*operators, entry=PICTURES, **weights):
    arrays = {f"arg:{name}": np.asarray(values, np.float32) for name, values in weights.items()}
    content = to_onnx(described(*operators), arrays, ("n", *entry.shape[1:]))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {"data": entry})[0]


def test_convolution():
    weights = RANDOM.standard_normal((2, 3, 1, 1)).astype(np.float32)
    found = run(
        ("Convolution", "c", {"kernel": "(1, 1)", "stride": "(2, 2)", "num_filter": "2"}, ["data", "w", "b"]),
        w=weights,
        b=[1.0, 2.0],
    )
    expected = (
        np.einsum("nchw,oc->nohw", PICTURES[:, :, ::2, ::2], weights[:, :, 0, 0]) + np.array([1, 2])[:, None, None]
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_convolution_in_groups_with_a_border():
    weights = np.ones((3, 1, 3, 3), np.float32)
    how = {"kernel": "(3, 3)", "pad": "(1, 1)", "num_filter": "3", "num_group": "3", "no_bias": "True"}
    found = run(("Convolution", "c", how, ["data", "w"]), w=weights)
    np.testing.assert_allclose(found[:, :, 0, 0], PICTURES[:, :, :2, :2].sum(axis=(2, 3)), atol=1e-5)


@pytest.mark.parametrize(
    ("how", "gamma", "epsilon"),
    [({}, 1.0, 1e-3), ({"fix_gamma": "False"}, 5.0, 1e-3), ({"fix_gamma": "False", "eps": "0.5"}, 5.0, 0.5)],
)
def test_batch_norm_with_the_defaults_of_mxnet(how, gamma, epsilon):
    found = run(
        ("BatchNorm", "b", how, ["data", "gamma", "beta", "mean", "var"]),
        gamma=[5.0] * 3,
        beta=[1.0] * 3,
        mean=[0.5] * 3,
        var=[0.25] * 3,
    )
    np.testing.assert_allclose(found, gamma * (PICTURES - 0.5) / np.sqrt(0.25 + epsilon) + 1.0, rtol=1e-4, atol=1e-4)


def test_activations():
    np.testing.assert_allclose(run(("Activation", "a", {"act_type": "relu"}, ["data"])), np.maximum(PICTURES, 0))
    found = run(("LeakyReLU", "p", {"act_type": "prelu"}, ["data", "slopes"]), slopes=[0.1, 0.2, 0.3])
    slopes = np.array([0.1, 0.2, 0.3], np.float32)[:, None, None]
    np.testing.assert_allclose(found, np.where(PICTURES > 0, PICTURES, PICTURES * slopes), atol=1e-6)


def test_softmax_over_channels_and_reshape():
    found = run(
        ("Reshape", "r", {"shape": "(0, 1, -1, 0)"}, ["data"]),
        ("Reshape", "back", {"shape": "(0, 3, -1, 0)"}, ["r"]),
        ("SoftmaxActivation", "s", {"mode": "channel"}, ["back"]),
    )
    powers = np.exp(PICTURES)
    np.testing.assert_allclose(found, powers / powers.sum(axis=1, keepdims=True), atol=1e-6)


def test_what_is_made_larger_is_cut_to_what_it_is_added_to():
    found = run(
        ("UpSampling", "u", {"scale": "2", "sample_type": "nearest", "num_args": "1"}, ["data"]),
        ("Crop", "c", {"num_args": "2"}, ["u", "data"]),
        ("elemwise_add", "sum", {}, ["c", "data"]),
    )
    larger = PICTURES.repeat(2, axis=2).repeat(2, axis=3)
    np.testing.assert_allclose(found, larger[:, :, :4, :6] + PICTURES, atol=1e-6)


def test_scalars_concatenation_and_the_last_layer():
    weights = RANDOM.standard_normal((2, 144)).astype(np.float32)
    found = run(
        ("_minus_scalar", "m", {"scalar": "127.5"}, ["data"]),
        ("_mul_scalar", "f", {"scalar": "0.0078125"}, ["m"]),
        ("Concat", "cat", {"dim": "1", "num_args": "2"}, ["f", "data"]),
        ("FullyConnected", "fc", {"num_hidden": "2"}, ["cat", "w", "b"]),
        w=weights,
        b=[0.5, -0.5],
    )
    joined = np.concatenate([(PICTURES - 127.5) * 0.0078125, PICTURES], axis=1).reshape(2, -1)
    np.testing.assert_allclose(found, joined @ weights.T + (0.5, -0.5), atol=1e-4)


@pytest.mark.parametrize(
    ("operators", "said"),
    [
        ([("Dropout", "d", {}, ["data"])], "the operator Dropout is not known"),
        ([("Activation", "a", {"act_type": "tanh"}, ["data"])], "a is an activation tanh"),
        ([("LeakyReLU", "a", {"act_type": "elu"}, ["data"])], "a is a LeakyReLU elu"),
        ([("Crop", "c", {"center_crop": "True"}, ["data", "data"])], "c crops elsewhere"),
        ([("Reshape", "r", {"shape": "(-2,)"}, ["data"])], "r has the shape"),
        ([("Convolution", "c", {"kernel": "(1, 1)"}, ["data", "w"])], "the parameter w is missing"),
    ],
)
def test_what_is_not_known_is_refused(operators, said):
    with pytest.raises(UnknownError, match=said):
        to_onnx(described(*operators), {}, ("n", 3, 4, 6))
    with pytest.raises(UnknownError, match="no description"):
        to_onnx("[]", {}, ())
