"""The doctor: each trap, described by a machine that does not exist, and one look at the machine that does."""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from slceleb_core.doctor import checks as doctor
from slceleb_core.doctor import machine
from slceleb_core.doctor.checks import Finding, check
from slceleb_core.doctor.machine import PROBES, Outcome, ThisMachine
from slceleb_core.errors import PluginError
from slceleb_core.models import ModelFile
from slceleb_core.settings import Settings
from slceleb_core.stages import Stage, StageConfig

ROOT = Path(__file__).resolve().parents[2]
HEALTHY = {
    "opencv-python": "5.0.0.93",
    "opencv-contrib-python": "5.0.0.93",
    "mediapipe": "0.10.33",
    "onnxruntime": "1.32.0",
}
CPU = "AzureExecutionProvider CPUExecutionProvider"
GPU = "CUDAExecutionProvider CPUExecutionProvider"


@dataclass
class FakeMachine:
    """A machine on which everything works, unless told otherwise."""

    python: tuple[int, ...] = (3, 11, 7)
    versions: dict[str, str] = field(default_factory=lambda: dict(HEALTHY))
    missing: frozenset[str] = frozenset()
    broken: dict[str, str] = field(default_factory=dict)  # probe -> last line
    providers: str = CPU
    gpu: str | None = None  # what nvidia-smi says; None: there is none
    writable: bool = True
    free: int = 10**12

    def version_of(self, distribution):
        return self.versions.get(distribution)

    def can_load(self, library):
        return library not in self.missing

    def run(self, *command):
        assert command[0] == "nvidia-smi"
        return None if self.gpu is None else Outcome(ok=True, last_line=self.gpu)

    def probe(self, program):
        (name,) = (name for name, known in PROBES.items() if known == program)
        if name in self.broken:
            return Outcome(ok=False, last_line=self.broken[name])
        return Outcome(ok=True, last_line=self.providers if name == "onnxruntime" else "")

    def may_write(self, folder):
        return self.writable

    def free_bytes(self, folder):
        return self.free


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(models=tmp_path, cache=tmp_path / "not" / "made" / "yet")


def faults(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level != "ok"]


def only_fault(settings: Settings, machine: FakeMachine, *stages: type[Stage]) -> Finding:
    (fault,) = faults(check(stages, settings, machine))
    assert fault.remedy
    assert "\n" not in fault.detail + fault.remedy
    return fault


def test_a_healthy_machine_has_no_faults_and_every_check_speaks(settings):
    findings = check([stage_with(model("a.onnx", b"a", settings))], settings, FakeMachine())
    assert faults(findings) == []
    assert len({finding.subject for finding in findings}) == len(doctor.CHECKS)
    assert all(finding.detail for finding in findings)


@pytest.mark.parametrize("python", [(3, 9, 18), (3, 14, 0)])
def test_an_unsupported_python_is_an_error(settings, python):
    fault = only_fault(settings, FakeMachine(python=python))
    assert (fault.level, fault.subject) == ("error", "python")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the wheels bring their libraries")
@pytest.mark.parametrize(
    ("library", "package"),
    [("libGL.so.1", "libgl1"), ("libEGL.so.1", "libegl1"), ("libGLESv2.so.2", "libgles2")],
)
def test_a_missing_library_names_its_debian_package(settings, library, package):
    fault = only_fault(settings, FakeMachine(missing=frozenset({library})))
    assert library in fault.detail
    assert fault.remedy == f"apt-get install {package}"


def test_headless_opencv_needs_no_window_system(settings):
    versions = {"opencv-python-headless": "5.0.0.93", "onnxruntime": "1.32.0", "mediapipe": "0.10.33"}
    assert faults(check([], settings, FakeMachine(versions=versions, missing=frozenset({"libGL.so.1"})))) == []


def test_opencv_in_two_versions_is_an_error_with_the_newest_as_the_remedy(settings):
    versions = HEALTHY | {"opencv-python": "4.9.0.80", "opencv-contrib-python": "4.13.0.92"}
    fault = only_fault(settings, FakeMachine(versions=versions))
    assert "opencv-python 4.9.0.80, opencv-contrib-python 4.13.0.92" in fault.detail
    assert fault.remedy.endswith("opencv-python==4.13.0.92 opencv-contrib-python==4.13.0.92")


@pytest.mark.parametrize(
    ("probe", "subject"),
    [("cv2", "opencv"), ("mediapipe", "mediapipe"), ("av", "encoders"), ("onnxruntime", "onnx runtime")],
)
def test_a_package_that_cannot_be_used_is_an_error_with_its_last_words(settings, probe, subject):
    fault = only_fault(settings, FakeMachine(broken={probe: "ImportError: libodd.so.1: cannot open"}))
    assert (fault.level, fault.subject) == ("error", subject)
    assert "libodd.so.1" in fault.detail


@pytest.mark.parametrize("version", ["0.10.34", "0.10.35", "1.2.2"])
def test_a_mediapipe_that_looks_up_a_host_is_an_error_and_is_not_even_tried(settings, version):
    machine = FakeMachine(versions=HEALTHY | {"mediapipe": version}, broken={"mediapipe": "was tried"})
    fault = only_fault(settings, machine)
    assert "6291" in fault.detail
    assert fault.remedy == "pip install 'mediapipe>=0.10.30,<0.10.34'"


def test_a_mediapipe_that_is_too_old_is_an_error(settings):
    fault = only_fault(settings, FakeMachine(versions=HEALTHY | {"mediapipe": "0.10.21"}))
    assert "older" in fault.detail


@pytest.mark.parametrize("version", ["0.10.30", "0.10.33", "0.10.33.post1"])
def test_a_silent_mediapipe_is_fine(settings, version):
    assert faults(check([], settings, FakeMachine(versions=HEALTHY | {"mediapipe": version}))) == []


@pytest.mark.parametrize(("gpu", "kept"), [(None, "onnxruntime==1.32.0"), ("H200", "onnxruntime-gpu==1.31.1")])
def test_two_onnx_runtimes_are_an_error_with_the_exact_commands(settings, gpu, kept):
    versions = HEALTHY | {"onnxruntime-gpu": "1.31.1"}
    fault = only_fault(settings, FakeMachine(versions=versions, gpu=gpu, providers=GPU))
    uninstall, install = fault.remedy.split(" && ")
    assert uninstall == "pip uninstall --yes onnxruntime onnxruntime-gpu"
    assert install == f"pip install --no-deps {kept}"


def test_packages_of_plugins_that_are_not_installed_are_warnings(settings):
    versions = {"opencv-python": "5.0.0.93"}
    found = faults(check([], settings, FakeMachine(versions=versions)))
    assert [(fault.level, fault.subject) for fault in found] == [("warning", "mediapipe"), ("warning", "onnx runtime")]


def test_a_gpu_that_the_runtime_cannot_use_is_a_warning(settings):
    fault = only_fault(settings, FakeMachine(gpu="NVIDIA H200"))
    assert (fault.level, fault.subject) == ("warning", "gpu")
    assert "NVIDIA H200" in fault.detail


@pytest.mark.parametrize(("device", "level"), [("auto", "warning"), ("cuda", "error")])
def test_a_gpu_whose_libraries_are_missing_names_them(settings, device, level):
    machine = FakeMachine(gpu="NVIDIA H200", providers=GPU, broken={"cuda": "OSError: libcudnn.so.9: cannot open"})
    fault = only_fault(settings.model_copy(update={"device": device}), machine)
    assert fault.level == level
    assert "libcudnn.so.9" in fault.detail


def test_a_gpu_that_works_is_named(settings):
    findings = check([], settings, FakeMachine(gpu="NVIDIA H200", providers=GPU))
    assert faults(findings) == []
    assert Finding("ok", "gpu", "NVIDIA H200") in findings


@pytest.mark.parametrize("machine", [FakeMachine(), FakeMachine(gpu="NVIDIA H200")], ids=["no gpu", "no provider"])
def test_a_gpu_that_was_asked_for_and_cannot_be_had_is_an_error(settings, machine):
    fault = only_fault(settings.model_copy(update={"device": "cuda"}), machine)
    assert (fault.level, fault.subject) == ("error", "gpu")


def networked(**networks: str) -> type[Stage]:
    return type("Fake", (Stage,), {"Config": StageConfig, "name": "fake", "networks": networks})


def places(settings: Settings, machine: FakeMachine) -> list[str]:
    stages = [networked(recognition="ONNX Runtime"), networked(landmarks="LiteRT")]
    return [finding.detail for finding in check(stages, settings, machine) if finding.subject == "networks"]


@pytest.mark.parametrize(
    ("device", "machine", "place"),
    [
        ("auto", FakeMachine(), "CPUExecutionProvider"),
        ("auto", FakeMachine(gpu="NVIDIA H200", providers=GPU), "CUDAExecutionProvider, then CPUExecutionProvider"),
        ("cpu", FakeMachine(gpu="NVIDIA H200", providers=GPU), "CPUExecutionProvider"),
        (
            "auto",
            FakeMachine(providers=GPU, broken={"cuda": "OSError: libcudnn.so.9"}),
            "CPUExecutionProvider, as CUDAExecutionProvider cannot be started",
        ),
        ("cuda", FakeMachine(), "the device is set to cuda, but ONNX Runtime here has no CUDAExecutionProvider"),
    ],
    ids=["plain", "card", "not wanted", "no libraries", "forced"],
)
def test_each_network_is_told_where_it_runs(settings, device, machine, place):
    told = places(settings.model_copy(update={"device": device}), machine)
    assert told == [f"recognition (fake): {place}", "landmarks (fake): the processor, by LiteRT"]


def test_a_decoder_that_was_asked_for_is_tried(settings):
    asked = settings.model_copy(update={"decoder": "nvdec"})
    assert faults(check([], asked, FakeMachine())) == []
    fault = only_fault(asked, FakeMachine(broken={"nvdec": "PermissionError: Operation not permitted"}))
    assert (fault.level, fault.subject) == ("error", "decoder")
    assert "unset SLCELEB_DECODER" in fault.remedy


def test_a_gpu_that_is_not_wanted_is_no_fault(settings):
    assert faults(check([], settings.model_copy(update={"device": "cpu"}), FakeMachine(gpu="NVIDIA H200"))) == []


def model(name: str, content: bytes, settings: Settings) -> ModelFile:
    """Write a file into the models folder, and pin b"a"."""
    (settings.models / name).write_bytes(content)
    sha256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    return ModelFile(name, sha256, 1, "MIT", "a letter")


def stage_with(*files: ModelFile) -> type[Stage]:
    return type("Fake", (Stage,), {"Config": StageConfig, "model_files": files})


def test_model_files_are_told_apart_as_right_wrong_and_missing(settings):
    right = model("right.onnx", b"a", settings)
    wrong = model("wrong.onnx", b"b", settings)
    missing = ModelFile("missing.onnx", right.sha256, 1, "MIT", "a letter")
    findings = check([stage_with(right, wrong), stage_with(right, missing)], settings, FakeMachine())
    levels = [(f.level, f.detail) for f in findings if f.subject == "models"]
    assert [level for level, _ in levels] == ["ok", "error", "warning"]
    assert all(name in detail for name, (_, detail) in zip(["right", "wrong", "missing"], levels, strict=True))


def test_a_models_folder_that_does_not_exist_is_one_finding_and_the_other_checks_go_on(settings):
    file = model("a.onnx", b"a", settings)
    nowhere = settings.model_copy(update={"models": settings.models / "nowhere"})
    fault = only_fault(nowhere, FakeMachine(), stage_with(file))
    assert "SLCELEB_MODELS" in fault.detail


def test_a_broken_plugin_is_a_finding_and_does_not_stop_the_others(settings):
    broken = type("Broken", (Stage,), {"Config": StageConfig, "model_files": None})
    findings = check([broken], settings, FakeMachine())
    assert [(fault.level, fault.subject) for fault in faults(findings)] == [("error", "models")]
    assert findings[-1].subject == "cache"


def test_a_cache_that_cannot_be_written_is_an_error(settings):
    fault = only_fault(settings, FakeMachine(writable=False))
    assert "SLCELEB_CACHE" in fault.remedy


def test_a_file_in_place_of_the_cache_is_an_error(settings, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    fault = only_fault(settings.model_copy(update={"cache": tmp_path / "file"}), FakeMachine())
    assert (fault.level, fault.subject) == ("error", "cache")


def test_a_disk_that_is_nearly_full_is_a_warning(settings):
    assert only_fault(settings, FakeMachine(free=10**8)).level == "warning"


def test_nothing_is_made_by_looking(settings, tmp_path):
    check([], settings, FakeMachine())
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- this machine


def test_this_machine_is_examined_without_a_fault_in_the_checks_themselves(settings):
    findings = check([], settings)
    assert not [finding for finding in findings if "this check failed" in finding.detail]
    assert {finding.subject for finding in findings} >= {"python", "opencv", "encoders", "gpu", "cache"}


def test_a_crash_in_a_probe_is_an_outcome():
    outcome = ThisMachine().probe("import os; os.abort()")
    assert not outcome.ok
    assert outcome.last_line


def test_a_probe_that_fails_gives_its_last_line():
    outcome = ThisMachine().probe("import no_such_package_anywhere")
    assert outcome == Outcome(ok=False, last_line="ModuleNotFoundError: No module named 'no_such_package_anywhere'")


def test_a_probe_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(machine, "PROBE_SECONDS", 0.2)
    outcome = ThisMachine().probe("import time; time.sleep(60)")
    assert not outcome.ok
    assert "timed out" in outcome.last_line


def test_a_program_that_does_not_exist_is_none():
    assert ThisMachine().run("no-such-program-anywhere") is None


def test_a_library_that_does_not_exist_cannot_be_loaded():
    assert not ThisMachine().can_load("libno-such-library.so.1")


def test_what_lies_in_the_working_folder_is_not_imported_by_a_probe(tmp_path, monkeypatch):
    (tmp_path / "colorsys.py").write_text("raise RuntimeError('the wrong colorsys')")
    monkeypatch.chdir(tmp_path)
    assert ThisMachine().probe("import colorsys").ok


def bounds(path: Path, pattern: str) -> tuple[tuple[int, ...], ...]:
    match = re.search(pattern + r">=([\d.]+),<([\d.]+)", path.read_text(encoding="utf-8"))
    return tuple(tuple(int(number) for number in bound.split(".")) for bound in match.groups())


def test_the_supported_versions_are_those_that_the_packages_declare():
    assert bounds(ROOT / "pyproject.toml", 'requires-python = "') == doctor.PYTHON
    assert bounds(ROOT / "plugins" / "detector_mediapipe" / "pyproject.toml", '"mediapipe') == doctor.MEDIAPIPE


def test_a_stage_that_lacks_a_package_is_a_warning_and_the_others_are_asked_too(settings):
    class Lacking(Stage):
        Config = StageConfig

        @classmethod
        def check(cls, config):
            raise PluginError("the sink parquet needs pyarrow, which is not installed", "pip install pyarrow")

    class Choosy(Stage):
        class Config(StageConfig):
            path: str

    findings = check([Lacking, Choosy, stage_with()], settings, FakeMachine())
    told = [(found.level, found.detail, found.remedy) for found in findings if found.subject == "stages"]
    assert told == [
        ("warning", "the sink parquet needs pyarrow, which is not installed", "pip install pyarrow"),
        ("ok", "1 of 3 lack nothing beside model files", ""),
    ]
