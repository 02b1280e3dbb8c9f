import pytest

from slceleb_core.errors import UsageError
from slceleb_core.models import providers
from slceleb_core.models.providers import CPU, CUDA, ProviderChoice, missing_providers

PLAIN = ["AzureExecutionProvider", CPU]
GPU = [CUDA, CPU]


def choose_providers(named, device, available):
    return providers.choose_providers(named, device, available, "embed.options.providers")


@pytest.mark.parametrize(
    ("device", "available", "names"),
    [
        ("auto", PLAIN, (CPU,)),
        ("auto", GPU, (CUDA, CPU)),
        ("cpu", GPU, (CPU,)),
        ("cuda", GPU, (CUDA, CPU)),
    ],
)
def test_device_and_runtime_choose_where_the_profile_does_not(device, available, names):
    assert choose_providers(None, device, available).names == names


def test_profile_is_followed_as_it_stands():
    assert choose_providers([CPU], "cuda", GPU).names == (CPU,)
    assert choose_providers([CUDA], "cpu", GPU).names == (CUDA,)


def test_device_cuda_without_cuda_is_one_line_with_a_way_out():
    with pytest.raises(UsageError) as caught:
        choose_providers(None, "cuda", PLAIN)
    assert caught.value.message == "the device is set to cuda, but ONNX Runtime here has no CUDAExecutionProvider"
    assert "pip install onnxruntime-gpu" in caught.value.hint


def test_named_provider_that_is_not_there_is_an_error_with_a_suggestion():
    with pytest.raises(UsageError) as caught:
        choose_providers(["CPUExecutionProvidr"], "auto", PLAIN)
    assert "CPUExecutionProvidr" in caught.value.message
    assert caught.value.hint == "did you mean CPUExecutionProvider?"


def test_both_runtimes_installed_are_named_as_the_cause(monkeypatch):
    monkeypatch.setattr(providers.importlib.metadata, "distribution", lambda _name: object())
    with pytest.raises(UsageError, match="both installed"):
        choose_providers([CUDA], "auto", PLAIN)


def test_provider_dropped_in_silence_is_an_error_where_it_was_asked_for():
    with pytest.raises(UsageError, match="could not start CUDAExecutionProvider and would use CPUExecutionProvider"):
        missing_providers(ProviderChoice((CUDA, CPU), binding=True), [CPU])


def test_provider_dropped_in_silence_is_told_where_it_was_our_choice():
    line = missing_providers(ProviderChoice((CUDA, CPU), binding=False), [CPU])
    assert "could not start CUDAExecutionProvider" in line


def test_nothing_is_told_where_all_providers_started():
    assert missing_providers(ProviderChoice((CUDA,), binding=True), [CUDA, CPU]) == ""


def test_an_option_is_named_as_the_profile_has_it():
    with pytest.raises(UsageError, match=r"^speaker\.options\.providers: ONNX Runtime here has no Rocket"):
        providers.choose_providers(["Rocket"], "auto", PLAIN, "speaker.options.providers")


def test_a_card_computes_in_whole_float32_and_the_same_way_each_time():
    assert choose_providers(None, "auto", GPU).options == [
        {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"},
        {},
    ]
