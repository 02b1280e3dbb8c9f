"""Whether this machine can run the pipeline: each trap that is known, and the way out of it.

Every check is a small function over an :class:`Examination` that yields findings; :data:`CHECKS` lists them. What they
know of the computer they ask a :class:`Machine`, so that a test can describe any computer. Nothing is imported that
may be broken: packages are looked up through their metadata, and tried in a process of their own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pydantic import ValidationError

from slceleb_core.doctor.machine import ENCODERS, PROBES, Machine, ThisMachine, Version
from slceleb_core.errors import SlcelebError, UsageError
from slceleb_core.models.providers import CUDA, ONNX_RUNTIME, choose_providers
from slceleb_core.settings import Settings
from slceleb_core.stages import Stage

Level: TypeAlias = Literal["ok", "warning", "error"]

PYTHON: tuple[Version, Version] = ((3, 10), (3, 14))
"""Versions of Python that are supported, from and below; as ``requires-python`` in pyproject.toml."""
MEDIAPIPE: tuple[Version, Version] = ((0, 10, 30), (0, 10, 34))
"""Versions of MediaPipe that are supported, from and below. Those below lack parts that the detector uses; 0.10.35
and later look up a logging host of Google at the first use (https://github.com/google-ai-edge/mediapipe/issues/6291).
"""
LOW_SPACE = 2_000_000_000
"""Bytes below which a disk counts as nearly full: the largest model archive, unpacked, with room for a clip."""
OPENCV = ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless")
"""Distributions that all install the folder ``cv2``."""
OPENCV_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
}
"""Libraries that OpenCV's wheels with a window system need and do not bring, and their Debian packages; read from the
dynamic sections of the wheels of 5.0.0.93 and of what they bundle."""
MEDIAPIPE_LIBRARIES = {"libEGL.so.1": "libegl1", "libGLESv2.so.2": "libgles2"}
"""Libraries that MediaPipe's wheel needs and does not bring, and their Debian packages; from 0.10.33 likewise."""
ONNX_RUNTIMES = ("onnxruntime", "onnxruntime-gpu")
"""Distributions that both install the folder ``onnxruntime``: for the CPU, and for NVIDIA GPUs as well."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    level
        ``error``: it cannot work; ``warning``: part of it cannot, or soon will not; ``ok``.
    subject
        What was looked at, in a word or two.
    detail
        What was found, in one line.
    remedy
        What to do about it, in one line; empty when there is nothing to do.
    """

    level: Level
    subject: str
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What a check may look at.

    Attributes
    ----------
    machine, settings
        The computer, and what its user set.
    stages
        The stages of every plugin that could be loaded.
    """

    machine: Machine
    settings: Settings
    stages: tuple[type[Stage], ...]


def check(stages: Iterable[type[Stage]], settings: Settings, machine: Machine | None = None) -> list[Finding]:
    """Examine a machine.

    Parameters
    ----------
    stages
        The stages of every plugin that could be loaded; their model files are looked for.
    settings
        As returned by ``load_settings``.
    machine
        The computer to examine; this one unless given.

    Returns
    -------
    list of Finding
        In the order of :data:`CHECKS`. A check that fails itself is a finding too, and does not stop the others.
    """
    examination = Examination(machine or ThisMachine(), settings, tuple(stages))
    return [finding for check in CHECKS for finding in _outcome(check, examination)]


def _outcome(check: Check, examination: Examination) -> list[Finding]:
    try:
        return list(check(examination))
    except SlcelebError as error:
        return [Finding("error", _subject(check), error.message, error.hint)]
    except Exception as error:  # a doctor that dies helps nobody; what went wrong is reported
        detail = f"this check failed: {type(error).__name__}: {error}"
        return [Finding("error", _subject(check), detail, "report it, with this line")]


def _subject(check: Check) -> str:
    return check.__name__.removeprefix("check_").replace("_", " ")


def check_python(exam: Examination) -> Iterator[Finding]:
    """Tell whether this version of Python is supported."""
    lowest, beyond = PYTHON
    supported = lowest <= exam.machine.python < beyond
    remedy = f"use Python {_dotted(lowest)} or later, below {_dotted(beyond)}"
    yield Finding("ok" if supported else "error", "python", _dotted(exam.machine.python), "" if supported else remedy)


def check_libraries(exam: Examination) -> Iterator[Finding]:
    """Look for the system libraries that OpenCV and MediaPipe need."""
    if not sys.platform.startswith("linux"):  # elsewhere the wheels bring them all
        return
    needed: dict[str, str] = {}
    if any(exam.machine.version_of(name) for name in OPENCV if not name.endswith("headless")):
        needed |= OPENCV_LIBRARIES
    if exam.machine.version_of("mediapipe"):
        needed |= MEDIAPIPE_LIBRARIES
    missing = [library for library in needed if not exam.machine.can_load(library)]
    if missing:
        packages = " ".join(sorted({needed[library] for library in missing}))
        yield Finding("error", "libraries", f"missing: {', '.join(missing)}", f"apt-get install {packages}")
    else:
        yield Finding("ok", "libraries", ", ".join(needed) or "none needed")


def check_opencv(exam: Examination) -> Iterator[Finding]:
    """Tell whether all distributions that share the folder ``cv2`` have one version, and try it."""
    found = _installed(exam, OPENCV)
    if len(set(found.values())) > 1:
        newest = max(found.values(), key=_numbers)
        pins = " ".join(f"{name}=={newest}" for name in found)
        remedy = f"pip install --force-reinstall --no-deps {pins}"
        yield Finding("error", "opencv", f"different versions share the folder cv2: {_listed(found)}", remedy)
    remedy = f"pip install --force-reinstall --no-deps {next(iter(found), OPENCV[0])}"
    yield _probed(exam, "cv2", "opencv", _listed(found) or "cv2", remedy)


def check_mediapipe(exam: Examination) -> Iterator[Finding]:
    """Tell whether MediaPipe is a version that opens no connection, and try it if it is."""
    version = exam.machine.version_of("mediapipe")
    if version is None:
        yield Finding("warning", "mediapipe", "not installed", "pip install slceleb-detector-mediapipe")
        return
    lowest, beyond = MEDIAPIPE
    remedy = f"pip install 'mediapipe>={_dotted(lowest)},<{_dotted(beyond)}'"
    if _numbers(version) >= beyond:
        reason = "may look up a logging host of Google at the first use (upstream issue 6291)"
        yield Finding("error", "mediapipe", f"{version} {reason}", remedy)
    elif _numbers(version) < lowest:
        yield Finding("error", "mediapipe", f"{version} is older than the detector needs", remedy)
    else:
        yield _probed(exam, "mediapipe", "mediapipe", version, f"pip install --force-reinstall mediapipe=={version}")


def check_encoders(exam: Examination) -> Iterator[Finding]:
    """Tell whether clips can be encoded."""
    yield _probed(exam, "av", "encoders", ", ".join(ENCODERS), "pip install --force-reinstall --only-binary av av")


def check_decoder(exam: Examination) -> Iterator[Finding]:
    """Tell what decodes pictures, and try the card where that is to do it."""
    if exam.settings.decoder == "libav":
        yield Finding("ok", "decoder", "libav, on the processor")
        return
    remedy = "install NVIDIA's driver with its libnvcuvid, or unset SLCELEB_DECODER: without, libav decodes all"
    yield _probed(exam, "nvdec", "decoder", "NVDEC for H.264 and HEVC in 8 bits, libav for the rest", remedy)


def check_onnx_runtime(exam: Examination) -> Iterator[Finding]:
    """Tell whether there is one ONNX Runtime, not two that overwrite each other, and try it."""
    found = _installed(exam, ONNX_RUNTIMES)
    if not found:
        yield Finding("warning", "onnx runtime", "not installed", "pip install slceleb-recognizer-insightface")
        return
    if len(found) > 1:
        keep = ONNX_RUNTIMES[1] if _gpus(exam) and exam.settings.device != "cpu" else ONNX_RUNTIMES[0]
        remedy = f"pip uninstall --yes {' '.join(found)} && pip install --no-deps {keep}=={found[keep]}"
        yield Finding("error", "onnx runtime", f"two that overwrite each other: {_listed(found)}", remedy)
    remedy = f"pip install --force-reinstall --no-deps {next(iter(found))}"
    yield _probed(exam, "onnxruntime", "onnx runtime", _listed(found), remedy)


def check_gpu(exam: Examination) -> Iterator[Finding]:
    """Tell whether there is a GPU, and whether ONNX Runtime can use it."""
    gpus = _gpus(exam)
    forced = exam.settings.device == "cuda"
    if exam.settings.device == "cpu":
        yield Finding("ok", "gpu", "not wanted: SLCELEB_DEVICE=cpu")
    elif not gpus:
        remedy = "set SLCELEB_DEVICE=auto" if forced else ""
        yield Finding("error" if forced else "ok", "gpu", "nvidia-smi finds none: models run on the CPU", remedy)
    elif CUDA not in exam.machine.probe(PROBES["onnxruntime"]).last_line.split():
        remedy = f"pip uninstall --yes {ONNX_RUNTIMES[0]} && pip install --no-deps {ONNX_RUNTIMES[1]}"
        yield Finding("error" if forced else "warning", "gpu", f"{gpus}, but ONNX Runtime cannot use it", remedy)
    else:
        finding = _probed(exam, "cuda", "gpu", gpus, f"pip install '{ONNX_RUNTIMES[1]}[cuda,cudnn]'")
        falls_back = finding.level == "error" and not forced  # with auto, models run on the CPU then
        yield replace(finding, level="warning") if falls_back else finding


def check_networks(exam: Examination) -> Iterator[Finding]:
    """Tell on what the networks of each stage run, unless a profile names providers."""
    found = [(stage.name, what, runtime) for stage in exam.stages for what, runtime in stage.networks.items()]
    for name, what, runtime in found:
        try:
            place = _providers(exam) if runtime == ONNX_RUNTIME else f"the processor, by {runtime}"
            yield Finding("ok", "networks", f"{what} ({name}): {place}")
        except UsageError as error:
            yield Finding("error", "networks", f"{what} ({name}): {error.message}", error.hint)
    if not found:
        yield Finding("ok", "networks", "no stage states any")


def _providers(exam: Examination) -> str:
    """Return which execution providers ONNX Runtime is asked for where a profile names none."""
    available = exam.machine.probe(PROBES["onnxruntime"]).last_line.split()
    names = choose_providers(None, exam.settings.device, available, "providers").names
    if CUDA in names and exam.settings.device == "auto" and not exam.machine.probe(PROBES["cuda"]).ok:
        return f"{', '.join(names[1:])}, as {CUDA} cannot be started"
    return ", then ".join(names)


def check_stages(exam: Examination) -> Iterator[Finding]:
    """Ask each stage what it lacks, with the options that it has where a profile gives none."""
    content = 0
    for stage in exam.stages:
        try:
            stage.check(stage.Config())
        except ValidationError:  # it has options without a default: only a profile can say what it needs
            continue
        except SlcelebError as error:  # it is needed only by profiles that name it
            yield Finding("warning", "stages", error.message, error.hint)
        else:
            content += 1
    yield Finding("ok", "stages", f"{content} of {len(exam.stages)} lack nothing beside model files")


def check_models(exam: Examination) -> Iterator[Finding]:
    """Tell whether the model files are here, and are the pinned ones."""
    store = exam.settings.model_store()
    files = {file.name: file for stage in exam.stages for file in stage.model_files}
    for file in files.values():
        status = store.status(file)
        if status.ok and file.terms is not None and store.accepted(file.terms) is None:
            detail = f"{file.name}: {status.path}, for {file.terms}: not accepted yet"
            yield Finding("warning", "models", detail, f"slceleb models accept {file.terms.name}")
        elif status.error is None:
            yield Finding("ok", "models", f"{file.name}: {status.path} ({status.origin})")
        else:  # a file that is not here is needed only by profiles that name it
            level: Level = "warning" if status.path is None else "error"
            yield Finding(level, "models", status.error.message, status.error.hint)


def check_cache(exam: Examination) -> Iterator[Finding]:
    """Tell whether the cache can be written, and has space."""
    cache = exam.settings.cache
    folder = next(path for path in (cache, *cache.absolute().parents) if path.exists())
    if not (folder.is_dir() and exam.machine.may_write(folder)):
        yield Finding("error", "cache", f"{cache} cannot be written", "set SLCELEB_CACHE to a folder that can")
        return
    free = exam.machine.free_bytes(folder)
    detail = f"{cache}: {free / 1e9:.1f} GB free"
    if free < LOW_SPACE:
        yield Finding("warning", "cache", detail, "make room, or set SLCELEB_CACHE to a folder on another disk")
    else:
        yield Finding("ok", "cache", detail)


Check: TypeAlias = Callable[[Examination], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    check_python,
    check_libraries,
    check_opencv,
    check_mediapipe,
    check_encoders,
    check_decoder,
    check_onnx_runtime,
    check_gpu,
    check_networks,
    check_stages,
    check_models,
    check_cache,
)
"""Every check, in the order in which the findings are shown: causes before what they break."""


def _installed(exam: Examination, distributions: Iterable[str]) -> dict[str, str]:
    return {name: version for name in distributions if (version := exam.machine.version_of(name))}


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _probed(exam: Examination, probe: str, subject: str, detail: str, remedy: str) -> Finding:
    """Return whether a package works when it is tried."""
    outcome = exam.machine.probe(PROBES[probe])
    if outcome.ok:
        return Finding("ok", subject, f"{detail}: {outcome.last_line}" if outcome.last_line else detail)
    return Finding("error", subject, f"{detail}: {outcome.last_line}", remedy)


def _gpus(exam: Examination) -> str:
    """Return the name of the first NVIDIA GPU that the driver shows; empty without a driver or a GPU."""
    outcome = exam.machine.run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return outcome.last_line if outcome is not None and outcome.ok else ""


def _numbers(version: str) -> Version:
    """Return the leading numbers of a version: 0.10.33 of ``0.10.33.post1``."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in match.group().split(".")) if match else ()


def _dotted(version: Version) -> str:
    return ".".join(str(number) for number in version)
