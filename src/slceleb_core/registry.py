"""Which stages are installed: one typed façade over pluggy.

Plugins are found through the entry-point group ``slceleb``. One that fails to load is set aside with its error, and is
an error only for the profile that names it. Two stages of the same role and name are an error at once: which of them
ran would depend on the environment.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pluggy

from slceleb_core import hookspecs
from slceleb_core.errors import PluginError, did_you_mean
from slceleb_core.runners import Runner
from slceleb_core.stages import Detector, Generator, Recognizer, Sink, Speaker, Stage, Voice

ROLES: Mapping[str, type[Stage]] = {
    "detector": Detector,
    "recognizer": Recognizer,
    "speaker": Speaker,
    "voice": Voice,
    "generator": Generator,
    "sink": Sink,
    "runner": Runner,
}
"""Role names, as in the hooks' names, and what a class of that role must derive from."""

PACKAGES: Mapping[tuple[str, str], str] = {
    ("detector", "insightface"): "slceleb-detector-insightface",
    ("detector", "mediapipe"): "slceleb-detector-mediapipe",
    ("detector", "mediapipe-video"): "slceleb-detector-mediapipe",
    ("detector", "retinaface"): "slceleb-celeb2019",
    ("generator", "wav2lip"): "slceleb-generator-wav2lip",
    ("recognizer", "insightface"): "slceleb-recognizer-insightface",
    ("recognizer", "mobilefacenet"): "slceleb-celeb2019",
    ("runner", "ray"): "slceleb-runner-ray",
    ("speaker", "lrasd"): "slceleb-speaker-lrasd",
    ("speaker", "syncnet"): "slceleb-celeb2019",
    ("speaker", "xcorr"): "slceleb-speaker-xcorr",
    ("voice", "campplus"): "slceleb-voice-campplus",
}
"""What to install for a stage of this project's plugins, by role and name: a shipped profile may name one that is not
installed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plugin comes from.

    Attributes
    ----------
    plugin
        Name of the entry point.
    distribution, version
        Of the package that declares it.
    """

    plugin: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Registered:
    """A stage that can be used.

    Attributes
    ----------
    role
        A key of :data:`ROLES`.
    stage
        The class.
    origin
        Who provides it.
    """

    role: str
    stage: type[Stage]
    origin: Origin

    @property
    def name(self) -> str:
        """What a profile calls it."""
        return self.stage.name


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin that could not be loaded.

    Attributes
    ----------
    origin
        Who it is.
    reason
        In one line.
    trace
        The whole traceback.
    """

    origin: Origin
    reason: str
    trace: str


class Registry:
    """The stages of a set of plugins.

    Parameters
    ----------
    plugins
        Loaded plugins (modules, or any object with hook implementations), and where each comes from.
    broken
        Those that did not load.

    Raises
    ------
    PluginError
        Two plugins provide a stage of the same role and name.
    """

    def __init__(self, plugins: Iterable[tuple[object, Origin]], broken: Iterable[Broken] = ()) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._broken = list(broken)
        self._stages: dict[tuple[str, str], Registered] = {}
        for plugin, origin in plugins:
            self._register(plugin, origin)

    @classmethod
    def discover(cls) -> Registry:
        """Return the registry of everything that is installed."""
        loaded: list[tuple[object, Origin]] = []
        broken: list[Broken] = []
        for entry in _entry_points():
            origin = _origin(entry)
            try:
                loaded.append((entry.load(), origin))
            except Exception as error:
                broken.append(_broken(origin, error))
        return cls(loaded, broken)

    @classmethod
    def of(cls, *plugins: object) -> Registry:
        """Return the registry of plugins that are at hand, such as a test's."""
        return cls((plugin, Origin(f"plugin-{n}", "(given)", "")) for n, plugin in enumerate(plugins))

    @property
    def broken(self) -> tuple[Broken, ...]:
        """The plugins that were set aside."""
        return tuple(self._broken)

    def __iter__(self) -> Iterator[Registered]:
        return iter(
            sorted(self._stages.values(), key=lambda registered: (list(ROLES).index(registered.role), registered.name))
        )

    def names(self, role: str) -> list[str]:
        """Return the names of all stages of a role."""
        return [registered.name for registered in self if registered.role == role]

    def find(self, role: str, name: str) -> Registered:
        """Return the stage of that role and name.

        Raises
        ------
        PluginError
            There is none; the message says which there are, and which plugins are broken.
        """
        try:
            return self._stages[role, name]
        except KeyError:
            package = PACKAGES.get((role, name))
            hint = did_you_mean(name, self.names(role)) if package is None else f"pip install {package}"
            for broken in self._broken:
                hint += f"; the plugin {broken.origin.plugin} of {broken.origin} is broken: {broken.reason}"
            raise PluginError(f"no {role} named {name!r} is installed", hint) from None

    def _register(self, plugin: object, origin: Origin) -> None:
        try:
            self._manager.register(plugin, name=f"{origin.distribution}:{origin.plugin}")
            self._manager.check_pending()
            found = [(role, stage) for role in ROLES for stage in self._provided(plugin, role)]
        except Exception as error:
            self._manager.unregister(plugin)
            self._broken.append(_broken(origin, error))
            return
        for role, stage in found:
            self._add(Registered(role, stage, origin))

    def _provided(self, plugin: object, role: str) -> Iterator[type[Stage]]:
        """Yield the stages of one role that one plugin provides, checked."""
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        caller = self._manager.subset_hook_caller(f"slceleb_{role}s", remove_plugins=others)
        for stage in (stage for stages in caller() for stage in stages):
            base = ROLES[role]
            if not (inspect.isclass(stage) and issubclass(stage, base)):
                raise TypeError(
                    f"slceleb_{role}s returned {stage!r}, which is not a class derived from {base.__name__}"
                )
            for attribute in ("name", "Config"):
                if not hasattr(stage, attribute):
                    raise TypeError(f"{stage.__qualname__} has no {attribute}")
            if inspect.isabstract(stage):
                missing = ", ".join(sorted(stage.__abstractmethods__))
                raise TypeError(f"{stage.__qualname__} does not implement {missing}")
            yield stage

    def _add(self, new: Registered) -> None:
        old = self._stages.setdefault((new.role, new.name), new)
        if old is not new:
            raise PluginError(
                f"two plugins provide a {new.role} named {new.name!r}: {old.origin} and {new.origin}",
                "uninstall one of them",
            )


def _entry_points() -> list[importlib.metadata.EntryPoint]:
    """Return the group's entry points, each once: an editable install can show a distribution twice."""
    seen: dict[tuple[str, str, str], importlib.metadata.EntryPoint] = {}
    for entry in importlib.metadata.entry_points(group=hookspecs.PROJECT):
        seen.setdefault((_origin(entry).distribution, entry.name, entry.value), entry)
    return sorted(seen.values(), key=lambda entry: (_origin(entry).distribution, entry.name))


def _origin(entry: importlib.metadata.EntryPoint) -> Origin:
    distribution = entry.dist
    if distribution is None:
        return Origin(entry.name, "(unknown)", "")
    return Origin(entry.name, distribution.metadata["Name"], distribution.version)


def _broken(origin: Origin, error: BaseException) -> Broken:
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    return Broken(origin, reason, "".join(traceback.format_exception(error)))
