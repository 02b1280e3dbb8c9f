"""Small inputs of the kinds that people report in public trackers; skipped where they are not at hand.

Each kind is also built from generated media in the tests of the room that reads it, so that nothing hangs on these
files alone.
"""

from types import SimpleNamespace

import pytest

from slceleb_core.results import Segment


@pytest.fixture
def case(shared):
    """Give a function that returns the folder of a field case."""

    def find(name):
        folder = shared / "field-cases" / name
        if not folder.is_dir():
            pytest.skip(f"no {folder}: this field case is not at hand")
        return folder

    return find


@pytest.fixture
def found_in(pipeline, shared):
    """Give a function that looks for people in a video and returns the segments and the summary.

    The photos are those of a folder, by default the shared gallery.
    """

    def run(video, photos=None, **options):
        ran = pipeline.run(video, pipeline.enroll(photos or shared / "media" / "poi"), **options)
        segments = [result for result in ran.results() if isinstance(result, Segment)]
        return SimpleNamespace(segments=segments, summary=ran.summary)

    return run
