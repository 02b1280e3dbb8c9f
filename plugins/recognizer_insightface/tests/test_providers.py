import numpy as np
import onnxruntime
import pytest

from slceleb_core.errors import UsageError
from slceleb_core.models import card
from slceleb_core.models.card import CardSession
from slceleb_core.models.providers import CPU, CUDA
from slceleb_core.testing import builders


class Card:
    """A session that keeps what is put on its card, and has memory for so many rows; it adds 1 to what it is given."""

    def __init__(self, memory=64):
        self.memory, self.given, self.put, self.read = memory, [], 0, 0

    def io_binding(self):
        return Binding(self)

    def run_with_iobinding(self, binding):
        self.given.append(len(binding.rows))
        if len(binding.rows) > self.memory:
            raise RuntimeError(
                "[ONNXRuntimeError] : 1 : FAIL : Failed to allocate memory for requested buffer of size 1"
            )
        binding.answer = binding.rows + 1


class Binding:
    def __init__(self, card):
        self.card = card

    def bind_ortvalue_input(self, name, value):
        assert name == "data"
        self.rows = value.rows

    def bind_output(self, name, device):
        assert (name, device) == ("fc1", "cuda")

    def copy_outputs_to_cpu(self):
        self.card.read += 1
        return [self.answer]


@pytest.fixture
def values(monkeypatch):
    """Return what is written to the card: each array that is made there, and each that is put into one."""
    written = []

    class Value:
        def __init__(self, rows):
            self.rows = rows

        def shape(self):
            return list(self.rows.shape)

        def update_inplace(self, rows):
            assert rows.shape == self.rows.shape
            written.append(("put", rows.shape))
            self.rows = rows

        @staticmethod
        def ortvalue_from_numpy(rows, device):
            assert device == "cuda"
            written.append(("made", rows.shape))
            return Value(rows)

    monkeypatch.setattr(onnxruntime, "OrtValue", Value)
    return written


def rows(count):
    return np.arange(count * 3, dtype=np.float32).reshape(count, 3)


def test_each_batch_goes_to_the_card_once_and_comes_back_once(values):
    fake = Card()
    (answer,) = CardSession(fake, 4).run(["fc1"], {"data": rows(8)})
    np.testing.assert_array_equal(answer, rows(8) + 1)
    assert values == [("made", (4, 3)), ("put", (4, 3))]
    assert fake.read == 2


def test_a_card_sees_few_numbers_of_rows(values):
    fake = Card()
    session = CardSession(fake, 32)
    for count in range(1, 40):
        (answer,) = session.run(["fc1"], {"data": rows(count)})
        np.testing.assert_array_equal(answer, rows(count) + 1)
    assert set(fake.given) == {1, 2, 4, 8, 16, 32}


def test_a_card_with_little_memory_is_given_less_at_once(values, caplog):
    fake = Card(memory=9)
    session = CardSession(fake, 32)
    (answer,) = session.run(["fc1"], {"data": rows(40)})
    np.testing.assert_array_equal(answer, rows(40) + 1)
    assert session.rows == 8
    assert fake.given == [32, 16, *[8] * 5]
    assert [record.message for record in caplog.records] == [
        "the card has no memory for 32 rows at once: 16 from now on",
        "the card has no memory for 16 rows at once: 8 from now on",
    ]


@pytest.mark.parametrize(("fake", "words"), [(Card(memory=0), "Failed to allocate"), (Card(), "no such")])
def test_what_cannot_be_mended_is_raised(values, monkeypatch, fake, words):
    def fail(_binding):
        raise RuntimeError("no such node")

    if fake.memory:
        monkeypatch.setattr(fake, "run_with_iobinding", fail)
    with pytest.raises(RuntimeError, match=words):
        CardSession(fake, 32).run(["fc1"], {"data": rows(5)})


def test_onnx_runtime_takes_what_it_is_handed(save_model, tmp_path, monkeypatch):
    monkeypatch.setattr(card, "DEVICE", "cpu")  # the calls are the same, and the memory is one that there is here
    session = onnxruntime.InferenceSession(str(save_model(tmp_path / "a.onnx")), providers=[CPU])
    bound = CardSession(session, 4)
    for count in (5, 1, 4, 6):
        feeds = {"data": np.random.default_rng(count).normal(size=(count, 3, 112, 112)).astype(np.float32)}
        np.testing.assert_allclose(bound.run(["fc1"], feeds)[0], session.run(["fc1"], feeds)[0], rtol=1e-5)


def test_a_recognizer_on_a_card_is_bound_to_it(make, small_model, monkeypatch):
    """ONNX Runtime says that it has a card; what would lie there lies in memory."""
    opened = onnxruntime.InferenceSession
    asked = []

    class Session(opened):
        def __init__(self, path, sess_options=None, providers=None, provider_options=None, **more):
            asked.append((list(providers), [dict(options) for options in provider_options]))
            super().__init__(path, sess_options, providers=[CPU], **more)

        def get_providers(self):
            return [CUDA, CPU]

    with make(model=str(small_model)) as stage:
        expected = stage.embed(builders.crops(5))
    monkeypatch.setattr(card, "DEVICE", "cpu")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr("insightface.model_zoo.model_zoo.PickableInferenceSession", Session)
    with make(model=str(small_model), device="auto") as stage:
        report, found = stage.report(), stage.embed(builders.crops(5))
        assert isinstance(stage._network.model.session, CardSession)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert asked == [([CUDA, CPU], [{"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}, {}])]
    assert report["providers"] == {"requested": [CUDA, CPU], "used": [CUDA, CPU]}
    assert report["faces_per_call"] == 32


def test_providers_asked_for_and_used_are_reported(make, small_model):
    with make(model=str(small_model), device="auto", providers=[CPU]) as stage:
        assert stage.report()["providers"] == {"requested": [CPU], "used": [CPU]}


def test_unavailable_provider_stops_the_stage_before_anything_is_loaded(make, small_model):
    with pytest.raises(UsageError, match="ONNX Runtime here has no RocketExecutionProvider"):
        make(model=str(small_model), providers=["RocketExecutionProvider"]).open()
