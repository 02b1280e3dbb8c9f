"""What the author of a plugin needs for tests; part of the public API.

``builders``
    Valid values (frames, faces, tracks, segments) of which a test overrides what it is about.
``talker``
    The synthetic talker: a face and a voice that belong together, or do not.
``pictures``
    Small videos of people who are coloured squares.
``fakes``
    Complete stages that work on those, and a plugin that hands them over.
``plays``
    Videos that crash, hang or fail when they are processed, in any process: for runners, and whoever hands them orders.
``conformance``
    Suites to subclass, one a role. The only part that imports pytest (``slceleb-core[testing]``), and therefore to be
    imported by its own name::

        from slceleb_core.testing.conformance import DetectorConformance

        class TestMine(DetectorConformance):
            stage = MyDetector
"""

from slceleb_core.testing.fakes import (
    FakeDetector,
    FakeGenerator,
    FakeLipSpeaker,
    FakeMeshingDetector,
    FakePlugin,
    FakeRecognizer,
    FakeSpeaker,
    FakeVoice,
    scripted_detector,
)
from slceleb_core.testing.memory import Call, MemorySink, memory_sink
from slceleb_core.testing.pictures import BLUE, GREEN, RED, YELLOW, Person, Scene, draw_person, write_video
from slceleb_core.testing.talker import SyntheticTalker, mix, talker_frames, talker_tracks
from slceleb_core.testing.voice import Throat

__all__ = [
    "BLUE",
    "GREEN",
    "RED",
    "YELLOW",
    "Call",
    "FakeDetector",
    "FakeGenerator",
    "FakeLipSpeaker",
    "FakeMeshingDetector",
    "FakePlugin",
    "FakeRecognizer",
    "FakeSpeaker",
    "FakeVoice",
    "MemorySink",
    "Person",
    "Scene",
    "SyntheticTalker",
    "Throat",
    "draw_person",
    "memory_sink",
    "mix",
    "scripted_detector",
    "talker_frames",
    "talker_tracks",
    "write_video",
]
