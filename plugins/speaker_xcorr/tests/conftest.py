from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from slceleb_core.testing import builders
from slceleb_speaker_xcorr.stage import XcorrConfig, XcorrSpeaker


@pytest.fixture
def make() -> Iterator[Callable[..., XcorrSpeaker]]:
    """Open a stage with the options given, started on a video."""
    with ExitStack() as stack:

        def opened(**options: Any) -> XcorrSpeaker:
            speaker = stack.enter_context(XcorrSpeaker(XcorrConfig(**options), builders.context()))
            speaker.start(builders.video_info())
            return speaker

        yield opened


@pytest.fixture
def speaker(make: Callable[..., XcorrSpeaker]) -> XcorrSpeaker:
    return make()
