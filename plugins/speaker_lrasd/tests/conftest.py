from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from slceleb_core.errors import ModelError
from slceleb_core.models.providers import CPU, ProviderChoice
from slceleb_core.testing import builders
from slceleb_speaker_lrasd.files import FILES
from slceleb_speaker_lrasd.network import Network
from slceleb_speaker_lrasd.stage import LrasdConfig, LrasdSpeaker


@pytest.fixture(scope="session")
def located() -> Callable[[str], Path]:
    """Where a pinned network lies; the test is skipped where it is not there."""
    shared = Path(__file__).resolve().parents[3].parent / "shared" / "models"
    context = builders.context(shared if shared.is_dir() else None)

    def found(model: str) -> Path:
        try:
            return context.models.locate(FILES[model])
        except ModelError as error:
            pytest.skip(str(error))

    return found


@pytest.fixture(scope="session", params=["light_asd", "lr_asd"])
def path(request, located) -> Path:
    return located(request.param)


@pytest.fixture(scope="session")
def network(path) -> Network:
    return Network.load(path, ProviderChoice((CPU,), binding=True, threads=1))


@pytest.fixture
def make(located) -> Iterator[Callable[..., LrasdSpeaker]]:
    """Open a stage with the options given, started on a video."""
    with ExitStack() as stack:

        def opened(**options: Any) -> LrasdSpeaker:
            config = LrasdConfig(**options)
            path = located(config.model)
            speaker = stack.enter_context(LrasdSpeaker(config, builders.context(path.parent)))
            speaker.start(builders.video_info())
            return speaker

        yield opened
