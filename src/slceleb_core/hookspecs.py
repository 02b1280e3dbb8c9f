"""The hooks by which a plugin hands over its stages: one a role, each returning classes.

A plugin is a module (or any object) named by an entry point in the group ``slceleb``. It marks its functions with
:data:`hookimpl`::

    from slceleb_core import hookimpl

    @hookimpl
    def slceleb_sinks():
        return [WebhookSink]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slceleb_core.runners import Runner
    from slceleb_core.stages import Detector, Generator, Recognizer, Sink, Speaker, Voice

PROJECT = "slceleb"
"""Name of the pluggy project, and of the entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def slceleb_detectors() -> Sequence[type[Detector]]:  # type: ignore[empty-body]
    """Return the detector classes of this plugin."""


@hookspec
def slceleb_recognizers() -> Sequence[type[Recognizer]]:  # type: ignore[empty-body]
    """Return the recognizer classes of this plugin."""


@hookspec
def slceleb_speakers() -> Sequence[type[Speaker]]:  # type: ignore[empty-body]
    """Return the speaker classes of this plugin."""


@hookspec
def slceleb_voices() -> Sequence[type[Voice]]:  # type: ignore[empty-body]
    """Return the voice classes of this plugin: who tells voices apart."""


@hookspec
def slceleb_generators() -> Sequence[type[Generator]]:  # type: ignore[empty-body]
    """Return the generator classes of this plugin: who makes lips fit a sound, for ``slceleb lipsync`` alone."""


@hookspec
def slceleb_sinks() -> Sequence[type[Sink]]:  # type: ignore[empty-body]
    """Return the sink classes of this plugin."""


@hookspec
def slceleb_runners() -> Sequence[type[Runner]]:  # type: ignore[empty-body]
    """Return the runner classes of this plugin: who carries out the videos of a batch."""
