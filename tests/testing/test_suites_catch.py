"""Each suite fails for a stage that breaks its contract: one broken stage a promise."""

import pytest

# Imported here because a run inside a test forgets what it was the first to import, and NumPy cannot be loaded twice.
from slceleb_core.testing import conformance  # noqa: F401

pytest_plugins = ["pytester"]

HEADER = """
import json, os, sys
from dataclasses import replace
from pathlib import Path
import numpy as np
import pytest
from pydantic import Field
from slceleb_core.errors import PluginError
from slceleb_core.stages import *
from slceleb_core.stages import StageConfig
from slceleb_core.testing import *
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import *
from slceleb_core.types import *
"""

COMMON = {
    "name with a capital": ("test_name", "name = 'Broken'"),
    "name with a blank": ("test_name", "name = 'bro ken'"),
    "revision of zero": ("test_revision", "revision = 0"),
    "revision that is text": ("test_revision", "revision = '1'"),
    "option without description": (
        "test_every_option",
        """
    class Config(StageConfig):
        depth: int = Field(1, ge=0)
""",
    ),
    "number without bounds": (
        "test_every_number",
        """
    class Config(StageConfig):
        depth: float | None = Field(None, description="Depth.")
""",
    ),
    "invalid default": (
        "test_options_survive",
        """
    class Config(StageConfig):
        depth: int = Field(-1, ge=0, description="Depth.")
""",
    ),
    "unknown options swallowed": (
        "test_an_unknown",
        """
    class Config(StageConfig):
        model_config = {"extra": "ignore"}
""",
    ),
    "report with an array": ("test_report", "report = lambda self: {'x': np.zeros(1)}"),
    "report with a tuple": ("test_report", "report = lambda self: {'x': (1, 2)}"),
    "report with NaN": ("test_report", "report = lambda self: {'x': float('nan')}"),
    "check stricter than open": (
        "test_what_can_be_opened",
        """
    @classmethod
    def check(cls, config): raise PluginError("it needs what it does not need")
""",
    ),
    "missing model not told": (
        "test_missing_models",
        """
    def open(self):
        from slceleb_core.errors import ModelError
        raise ModelError("model file face.onnx is not on this machine", "fetch it")
""",
    ),
    "second close fails": (
        "test_closing_twice",
        """
    def open(self): self.file = 1
    def close(self): del self.file
""",
    ),
    "close needs open": (
        "test_closing_what",
        """
    def close(self): self.file
""",
    ),
}

DETECTOR = {
    "one result too few": ("test_finds", "def detect(self, frames): return super().detect(frames)[:-1]"),
    "nothing found": ("test_finds", "def detect(self, frames): return [Faces.empty() for _ in frames]"),
    "promise not kept": ("test_finds", "provides = frozenset({'keypoints5', 'pose'})"),
    "unknown capability": ("test_capabilities", "provides = frozenset({'keypoints6'})"),
    "scores in percent": (
        "test_finds",
        """
    def change(self, faces): return dict(scores=faces.scores * 100)
""",
    ),
    "not finite": (
        "test_finds",
        """
    def change(self, faces): return dict(scores=faces.scores * np.nan)
""",
    ),
    "a pose of nobody": (
        "test_finds",
        """
    provides = frozenset({'keypoints5', 'pose'})
    def change(self, faces): return dict(pose=np.full((len(faces), 3), np.nan))
""",
    ),
    "half a pose": (
        "test_finds",
        """
    def change(self, faces): return dict(pose=np.tile([np.nan, 0, 0], (len(faces), 1)))
""",
    ),
    "width and height for corners": (
        "test_finds",
        """
    def change(self, faces): return dict(boxes=faces.boxes - np.hstack([0 * faces.boxes[:, :2], faces.boxes[:, :2]]))
""",
    ),
    "boxes in shares of the picture": (
        "test_boxes",
        """
    def change(self, faces): return dict(boxes=faces.boxes / 160)
""",
    ),
    "left and right exchanged": (
        "test_five",
        """
    def change(self, faces): return dict(keypoints5=faces.keypoints5[:, [1, 0, 2, 4, 3]])
""",
    ),
    "depends on the batch": (
        "test_batches",
        """
    def detect(self, frames):
        found = super().detect(frames)
        return [faces[:1] if n % 4 else faces for n, faces in enumerate(found)]
""",
    ),
    "remembers the previous video": (
        "test_start",
        """
    last = Faces.empty()
    def detect(self, frames):
        found = super().detect(frames)
        shown, self.last = [self.last, *found[1:]], found[-1]
        return shown
""",
    ),
    "remembers across a cut": (
        "test_a_cut",
        """
    def start(self, video): self.last = None
    def detect(self, frames):
        shown = []
        for faces in super().detect(frames):
            self.last = faces if self.last is None else self.last
            shown.append(self.last)
        return shown
""",
    ),
    "fails without frames": ("test_no_frames", "def detect(self, frames): return [super().detect(frames)[0]]"),
    "fails on tiny pictures": (
        "test_odd",
        """
    def detect(self, frames):
        assert frames[0].image.size > 100
        return super().detect(frames)
""",
    ),
    "sees faces in nothing": (
        "test_blank",
        """
    def detect(self, frames): return [builders.faces(1) for _ in frames]
""",
    ),
    "writes on pictures": (
        "test_pictures",
        """
    def detect(self, frames):
        for frame in frames: frame.image.base[:4] = 0
        return super().detect(frames)
""",
    ),
    "works only once": (
        "test_opens",
        """
    opened = 0
    def open(self):
        type(self).opened += 1
        if self.opened > 1: raise RuntimeError
""",
    ),
}

RECOGNIZER = {
    "a calibration of another model": (
        "test_a_calibration",
        """
    def open(self):
        super().open()
        self.model_hash = "a" * 64
""",
    ),
    "no threshold": ("test_knows", "def open(self): self.dim = 36"),
    "a template of another size": ("test_states", "crop_size = 64; template = ARCFACE_TEMPLATE"),
    "points from right to left": ("test_states", "template = ARCFACE_TEMPLATE[[1, 0, 2, 4, 3]]"),
    "another size once it is open": (
        "test_states",
        """
    def open(self):
        super().open()
        self.crop_size = 160
""",
    ),
    "not of unit length": ("test_embeddings", "def embed(self, crops): return super().embed(crops) * 2"),
    "double precision": ("test_embeddings", "def embed(self, crops): return super().embed(crops).astype(float)"),
    "grey gives nothing": (
        "test_embeddings",
        """
    def embed(self, crops):
        grey = np.ptp(crops.images.reshape(len(crops), -1), axis=1, initial=0) == 0
        return super().embed(crops) * np.where(grey, 0, 1)[:, None].astype(np.float32)
""",
    ),
    "empty batch is a vector": (
        "test_no_crops",
        "def embed(self, crops): return super().embed(crops) if len(crops) else np.zeros(0, np.float32)",
    ),
    "normalised over the batch": (
        "test_batches",
        """
    def embed(self, crops):
        e = super().embed(crops) + np.float32(0.1 * len(crops))
        return e / np.linalg.norm(e, axis=1, keepdims=True)
""",
    ),
    "sorted": ("test_order", "def embed(self, crops): return np.sort(super().embed(crops), axis=0)"),
    "cache outlives the video": (
        "test_start",
        """
    def open(self): super().open(); self.cache = {}
    def embed(self, crops):
        new = super().embed(crops)
        keys = zip(crops.tracks.tolist(), crops.boxes.tolist())
        return np.stack([e if t < 0 else self.cache.setdefault((t, *b), e) for (t, b), e in zip(keys, new)])
""",
    ),
    "cache mixes tracks": (
        "test_tracks",
        """
    def start(self, video): self.cache = {}
    def embed(self, crops):
        new = super().embed(crops)
        pairs = zip(crops.tracks, crops.boxes.tolist(), new)
        return np.stack([e if t < 0 else self.cache.setdefault(tuple(b), e) for t, b, e in pairs])
""",
    ),
    "everybody is the same": ("test_same", "def embed(self, crops): return super().embed(crops) * 0 + 1 / 6"),
    "threshold too low": ("test_the_operating_point", "def open(self): self.dim, self.threshold = 36, -0.5"),
    "turns pictures over": (
        "test_pictures",
        """
    def embed(self, crops):
        crops.images.base[:] = crops.images.base[:, ::-1].copy()
        return super().embed(crops)
""",
    ),
}

SPEAKER = {
    "requires what is no column": ("test_requirements", "requires = frozenset({'lips'})"),
    "context without end": ("test_context", "context_seconds = float('inf')"),
    "one observation a frame": (
        "test_observes",
        "def observe(self, frame, faces): return np.zeros((1, 1), np.float32)",
    ),
    "shape depends on the faces": (
        "test_observes",
        "def observe(self, frame, faces): return np.zeros((len(faces), len(faces)), np.float32)",
    ),
    "observes in doubles": (
        "test_observes",
        "def observe(self, frame, faces): return np.zeros((len(faces), 1))",
    ),
    "observes in whole numbers": (
        "test_observes",
        "def observe(self, frame, faces): return np.zeros((len(faces), 1), np.int64)",
    ),
    "goes by nothing that it has learned": (
        "test_it_goes",
        """
    class Config(FakeSpeaker.Config):
        learned: Learned | None = LEARNED
    def learnable(self):
        return Learnable(("gain",), np.ones(1), np.ones(1), lambda values, told: values[0] * np.ones(150))
""",
    ),
    "claims what nobody knows": ("test_claims", "claims = frozenset({'laughter'})"),
    "a frame a minute": ("test_a_rate", "observe_rate = 1 / 60"),
    "forgets frames of a batch": (
        "test_how_frames",
        """
    def observe_batch(self, frames, faces, tracks):
        first, *others = super().observe_batch(frames, faces, tracks)
        return [first, *(seen * 0 + len(others) for seen in others)]
""",
    ),
    "the order of faces decides": (
        "test_the_order",
        """
    def score(self, tracks, audio):
        return [Scores(np.full(len(t), 1.0 / (n + 1))) for n, t in enumerate(tracks)]
""",
    ),
    "reads what it does not require": (
        "test_needs",
        "def observe(self, frame, faces): return faces.landmarks478[:, :1, 0]",
    ),
    "looks at the neighbours": (
        "test_each",
        "def observe(self, frame, faces): return super().observe(frame, faces) + np.float32(len(faces))",
    ),
    "fails at the edge": (
        "test_faces_beyond",
        """
    def observe(self, frame, faces):
        cuts = [frame.image[int(y0) : int(y1), int(x0) : int(x1)] for x0, y0, x1, y1 in faces.boxes]
        return np.array([[cut.mean()] for cut in cuts], np.float32).reshape(-1, 1)
""",
    ),
    "fails without tracks": (
        "test_no_tracks",
        """
    def score(self, tracks, audio):
        tracks[0]
        return super().score(tracks, audio)
""",
    ),
    "fails without sound": (
        "test_no_sound",
        """
    def score(self, tracks, audio):
        audio.samples[-1]
        return super().score(tracks, audio)
""",
    ),
    "as long as the sound": (
        "test_no_sound",
        "def score(self, tracks, audio): return [Scores(np.zeros(len(audio.samples) // 640)) for _ in tracks]",
    ),
    "NaN on short tracks": (
        "test_short",
        """
    def score(self, tracks, audio):
        return [track if len(track) > 4 else Scores(track.speaking * np.nan) for track in super().score(tracks, audio)]
""",
    ),
    "fills gaps": (
        "test_gaps",
        """
    def score(self, tracks, audio):
        return [Scores(np.zeros(int(t.frames[-1] - t.frames[0]) + 1)) for t in tracks]
""",
    ),
    "fails without landmarks": (
        "test_a_face_without",
        """
    def observe(self, frame, faces):
        if faces.landmarks478 is not None and np.isnan(faces.landmarks478).any():
            raise ValueError("a landmark is not finite")
        return super().observe(frame, faces)
""",
    ),
    "only hears": (
        "test_in_sync",
        "def score(self, tracks, audio): return [Scores(np.full(len(t), audio.samples.std() > 0)) for t in tracks]",
    ),
    "only sees": (
        "test_in_sync",
        """
    def score(self, tracks, audio):
        return [Scores(np.full(len(t), t.observations.std() > 0)) for t in tracks]
""",
    ),
    "hears anybody": (
        "test_own",
        "def score(self, tracks, audio): return [Scores(np.full(len(t), audio.samples.std() > 0)) for t in tracks]",
    ),
    "believes a photo": (
        "test_a_still",
        "def score(self, tracks, audio): return [Scores(np.full(len(t), audio.samples.std() > 0)) for t in tracks]",
    ),
    "deaf to soft voices": (
        "test_loudness",
        """
    def score(self, tracks, audio):
        loud = np.float32(min(1.0, 20 * audio.samples.std()))
        return [Scores(track.speaking * loud) for track in super().score(tracks, audio)]
""",
    ),
    "the first always wins": (
        "test_of_two",
        """
    def score(self, tracks, audio):
        return [Scores(np.full(len(t), 1.0 / (n + 1))) for n, t in enumerate(tracks)]
""",
    ),
    "ignores where the sound begins": (
        "test_the_clock",
        "def score(self, tracks, audio): return super().score(tracks, AudioSpan(audio.samples, 0.0))",
    ),
    "adapts for ever": (
        "test_start",
        """
    level = 0.0
    def score(self, tracks, audio):
        self.level = max(self.level, float(audio.samples.max()))
        gain = audio.samples.max() / self.level
        return [Scores(track.speaking * gain) for track in super().score(tracks, audio)]
""",
    ),
    "above one": (
        "test_in_sync",
        "def score(self, t, audio): return [Scores(track.speaking * 2) for track in super().score(t, audio)]",
    ),
    "bare arrays": (
        "test_short",
        "def score(self, t, audio): return [track.speaking for track in super().score(t, audio)]",
    ),
    "lag in milliseconds": (
        "test_in_sync",
        "def score(self, t, audio): return [Scores(s.speaking, s.speaking * 0 + 80) for s in super().score(t, audio)]",
    ),
    "must listen": (
        "test_listening",
        """
    heard = None
    def start(self, video): self.heard = None
    def listen(self, sound): self.heard = sound
    def score(self, tracks, audio): return super().score(tracks, self.heard.span(audio.start, audio.end))
""",
    ),
    "chance in percent": (
        "test_in_sync",
        "def score(self, t, audio): return [replace(s, chance=s.speaking * 100) for s in super().score(t, audio)]",
    ),
    "overlap below zero": (
        "test_in_sync",
        "def score(self, t, audio): return [replace(s, overlap=s.speaking - 1) for s in super().score(t, audio)]",
    ),
    "must survey": (
        "test_listening",
        """
    rows = 0
    def start(self, video): self.rows = 0
    def survey(self, tracks, audio, own): self.rows += sum(map(len, tracks))
    def score(self, tracks, audio):
        return [Scores(track.speaking * min(self.rows, 1)) for track in super().score(tracks, audio)]
""",
    ),
    "surveys faces only": (
        "test_a_survey",
        "def survey(self, tracks, audio, own): tracks[0].times[0]",
    ),
    "counts context twice": (
        "test_how_a_survey",
        """
    rows = 0
    def start(self, video): self.rows = 0
    def survey(self, tracks, audio, own): self.rows += sum(map(len, tracks))
    def score(self, tracks, audio):
        return [Scores(track.speaking * 100 / (100 + self.rows)) for track in super().score(tracks, audio)]
""",
    ),
    "remembers what was surveyed": (
        "test_start_forgets_what",
        """
    rows = 0
    def survey(self, tracks, audio, own): self.rows += sum(map(len, tracks))
    def score(self, tracks, audio):
        return [Scores(track.speaking * 100 / (100 + self.rows)) for track in super().score(tracks, audio)]
""",
    ),
    "measures against each span": (
        "test_spans",
        """
    def score(self, tracks, audio):
        scores = super().score(tracks, audio)
        most = max((track.speaking.mean() for track in scores), default=1.0)
        return [Scores(np.minimum(track.speaking * most, 1.0)) for track in scores]
""",
    ),
}

VOICE = {
    "no threshold": ("test_knows", "def open(self): self.dim = 48"),
    "half a hash": (
        "test_knows",
        """
    def open(self):
        super().open()
        self.model_hash = "a" * 32
""",
    ),
    "no shortest sound": ("test_states", "shortest = 0.0"),
    "another shortest sound once it is open": (
        "test_states",
        """
    def open(self):
        super().open()
        self.shortest = 2.0
""",
    ),
    "not of unit length": ("test_embeddings", "def embed(self, sounds): return super().embed(sounds) * 2"),
    "double precision": ("test_embeddings", "def embed(self, sounds): return super().embed(sounds).astype(float)"),
    "asks for more than it says": (
        "test_embeddings",
        """
    def embed(self, sounds):
        return np.where([[len(s.samples) > 9600] for s in sounds], super().embed(sounds), np.float32(np.nan))
""",
    ),
    "empty batch is a vector": (
        "test_no_sounds",
        "def embed(self, sounds): return super().embed(sounds) if sounds else np.zeros(0, np.float32)",
    ),
    "filled up to the longest of a batch": (
        "test_batches",
        """
    def embed(self, sounds):
        longest = max((len(s.samples) for s in sounds), default=1)
        e = super().embed(sounds) + np.array([[len(s.samples) / longest] for s in sounds], np.float32).reshape(-1, 1)
        return e / np.linalg.norm(e, axis=1, keepdims=True)
""",
    ),
    "normalised over the batch": (
        "test_batches",
        """
    def embed(self, sounds):
        e = super().embed(sounds) + np.float32(0.1 * len(sounds))
        return e / np.linalg.norm(e, axis=1, keepdims=True)
""",
    ),
    "sorted by length": (
        "test_order",
        "def embed(self, sounds): return super().embed(sorted(sounds, key=lambda s: len(s.samples)))",
    ),
    "a running mean": (
        "test_nothing",
        """
    mean = 0.0
    def embed(self, sounds):
        e = super().embed(sounds) + self.mean
        self.mean = e.mean(axis=0)
        return e / np.linalg.norm(e, axis=1, keepdims=True)
""",
    ),
    "goes by the clock": (
        "test_the_clock",
        """
    def embed(self, sounds):
        e = super().embed(sounds) + np.array([[min(s.start, 1.0)] for s in sounds], np.float32).reshape(-1, 1)
        return e / np.linalg.norm(e, axis=1, keepdims=True)
""",
    ),
    "turns sounds round": (
        "test_sounds",
        """
    def embed(self, sounds):
        for s in sounds:
            s.samples.flags.writeable = True
            s.samples[:] = s.samples[::-1].copy()
        return super().embed(sounds)
""",
    ),
    "zeros for what is too short": (
        "test_of_what",
        "def embed(self, sounds): return np.nan_to_num(super().embed(sounds))",
    ),
    "guesses what is too short": (
        "test_of_what",
        """
    def embed(self, sounds):
        filled = [AudioSpan(np.resize(s.samples, 16000), 0.0) if len(s.samples) < 16000 else s for s in sounds]
        return super().embed(filled)
""",
    ),
    "drops what is too short": (
        "test_of_what",
        "def embed(self, sounds): return super().embed([s for s in sounds if len(s.samples) >= 8000])",
    ),
    "silence is a voice": (
        "test_of_silence",
        """
    def embed(self, sounds):
        e = super().embed(sounds)
        silent = [not np.ptp(s.samples) if len(s.samples) >= 8000 else False for s in sounds]
        e[silent] = 1 / np.sqrt(np.float32(self.dim))
        return e
""",
    ),
    "a constant is a voice": (
        "test_of_silence",
        """
    def embed(self, sounds):
        e = super().embed(sounds)
        e[[bool(len(s.samples) and s.samples[0] == s.samples[-1] != 0) for s in sounds]] = 1 / np.sqrt(self.dim)
        return e
""",
    ),
    "noise is no voice": (
        "test_noise",
        """
    def embed(self, sounds):
        if any(len(s.samples) and np.abs(s.samples).max() >= 1 for s in sounds): raise ValueError("clipped")
        return super().embed(sounds)
""",
    ),
    "deaf to soft voices": (
        "test_loudness",
        """
    def embed(self, sounds):
        e = super().embed(sounds)
        e[[bool(len(s.samples)) and np.abs(s.samples).max() < 0.1 for s in sounds]] = 1 / np.sqrt(np.float32(self.dim))
        return e
""",
    ),
    "everybody is the same": (
        "test_same",
        "def embed(self, sounds): return super().embed(sounds) * 0 + np.float32(1 / np.sqrt(self.dim))",
    ),
    "opens once": (
        "test_opens",
        """
    def close(self): self.open = None
""",
    ),
}

GENERATOR = {
    "options of its own kind": ("test_states", "Config = StageConfig"),
    "pads in pixels": ("test_states", "pads = (0.0, 10.0, 0.0, 0.0)"),
    "a side of no length": ("test_states", "face_pixels = 0"),
    "floats for pictures": (
        "test_gives",
        "def generate(self, faces, times): return super().generate(faces, times) / 255",
    ),
    "another size": ("test_gives", "def generate(self, faces, times): return super().generate(faces, times)[:, 1:]"),
    "one picture where there is none": (
        "test_no_faces",
        "def generate(self, faces, times): return np.zeros((max(len(faces), 1), 32, 32, 3), np.uint8)",
    ),
    "paints what it was handed": (
        "test_faces_are_left",
        """
    def generate(self, faces, times):
        faces = faces if faces.flags.writeable else faces.copy()
        faces[:, 16:] = super().generate(faces, times)[:, 16:]
        return faces.view()
    def start(self, sound):
        super().start(sound)
        self.generate = lambda faces, times: faces
""",
    ),
    "goes by the batch": (
        "test_batches",
        "def generate(self, faces, times): return super().generate(faces, times * 0 + times.mean())",
    ),
    "goes by the order": (
        "test_order",
        "def generate(self, faces, times): return super().generate(faces, np.sort(times))",
    ),
    "goes by what was before": (
        "test_nothing",
        """
    last = 0.0
    def generate(self, faces, times):
        made = super().generate(faces, times + self.last)
        self.last = float(times[-1])
        return made
""",
    ),
    "keeps the first sound": (
        "test_it_goes_by_the_sound",
        """
    def start(self, sound):
        if not hasattr(self, "kept"): self.kept = sound
        super().start(self.kept)
""",
    ),
    "mixes the sounds": (
        "test_a_new",
        """
    count = 0
    def start(self, sound):
        super().start(sound)
        self.count += 1
    def generate(self, faces, times): return super().generate(faces, times + 0.1 * self.count)
""",
    ),
    "deaf": ("test_it_goes_by_the_sound", "def generate(self, faces, times): return np.array(faces)"),
    "counts from the sound's beginning": (
        "test_it_goes_by_the_moment",
        """
    def generate(self, faces, times):
        return super().generate(faces, times + self._sound.start)
""",
    ),
    "a face behind the end": (
        "test_outside",
        """
    def generate(self, faces, times):
        return super().generate(faces, np.minimum(times, self._sound.end - 0.5))
""",
    ),
    "noise for silence": (
        "test_a_constant",
        """
    def generate(self, faces, times):
        if not np.ptp(self._sound.samples): raise ValueError("silent")
        return super().generate(faces, times)
""",
    ),
    "asks for a second": (
        "test_a_very",
        """
    def start(self, sound):
        if sound.end - sound.start < 0.5: raise ValueError("too short")
        super().start(sound)
""",
    ),
    "opens once": (
        "test_opens",
        """
    opened = []
    def open(self):
        if self.opened: raise ValueError("again")
        self.opened.append(1)
""",
    ),
}

SINK = {
    "writes beside its folder": (
        "test_writes",
        "def start(self, job): (job.output_dir / 'log.txt').write_text('x')",
    ),
    "empties the output folder": (
        "test_writes",
        """
    def start(self, job):
        for old in job.output_dir.glob("*/*"):
            if old.is_file(): old.unlink()
""",
    ),
    "touches earlier results": (
        "test_leaves",
        """
    def start(self, job):
        for old in job.output_dir.glob("earlier"): (old / "seen").touch()
""",
    ),
    "writes beside the video": (
        "test_publishes",
        "def published(self, folder): (folder.parent.parent / 'video.json').write_text('x')",
    ),
    "adds to the table of the run": (
        "test_same_input",
        """
    def published(self, folder):
        with (folder.parent / "all.csv").open("a") as file: file.write(folder.name)
""",
    ),
    "writes what changes": (
        "test_same_input",
        """
    count = 0
    def start(self, job):
        self.count += 1
        (job.folder / "count").write_text(str(self.count))
""",
    ),
    "remembers the first video": (
        "test_a_second",
        """
    def open(self): self.seen = []
    def start(self, job): self.job = job
    def segment(self, segment): self.seen.append(segment.id)
    def commit(self, summary):
        for name in self.seen: (self.job.folder / name).touch()
    def abort(self): pass
""",
    ),
    "needs a segment": (
        "test_nothing",
        """
    def open(self): self.rows = []
    def start(self, job): self.rows = []
    def segment(self, segment): self.rows.append(segment)
    def commit(self, summary): self.rows[0]
""",
    ),
    "needs a person": (
        "test_nothing",
        """
    def frame(self, frame):
        for face in frame.faces: face.person.lower()
""",
    ),
    "abort needs a start": ("test_abort", "def abort(self): self.job.folder"),
    "leaves its scratch file": (
        "test_abort",
        """
    def start(self, job):
        self.scratch = job.output_dir.parent / "scratch"
        self.scratch.touch()
    def commit(self, summary): self.scratch.unlink()
    def abort(self): pass
""",
    ),
    "does not recover from abort": (
        "test_abort",
        """
    aborted = False
    def abort(self): self.aborted = True
    def start(self, job): self.job = job
    def commit(self, summary):
        if not self.aborted: (self.job.folder / "x").touch()
""",
    ),
    "keeps its file open after abort": (
        "test_files_are_closed_by_abort",
        "def start(self, job): self.file = (job.folder / 'x').open('w')",
    ),
    "keeps its file open after commit": (
        "test_files_are_closed_by_commit",
        "def start(self, job): self.file = (job.folder / 'x').open('w')",
    ),
    "names are paths": (
        "test_names",
        """
    def start(self, job): self.job = job
    def segment(self, segment):
        folder = self.job.folder / segment.person
        folder.mkdir(parents=True, exist_ok=True)
        (folder / segment.id).touch()
""",
    ),
    "drops odd names": (
        "test_names",
        """
    def start(self, job): self.job = job
    def segment(self, segment):
        if segment.person.isascii(): (self.job.folder / segment.id).touch()
""",
    ),
    "swallows a full disk": (
        "test_a_full",
        """
    def start(self, job): self.job = job
    def segment(self, segment):
        try: self.job.clips.cut_audio(0, 1, self.job.folder / "x.wav")
        except Exception: pass
""",
    ),
    "works only once": (
        "test_opens",
        """
    opened = 0
    def open(self):
        type(self).opened += 1
        if self.opened > 1: raise RuntimeError
""",
    ),
}

DETECTOR_BASE = """
class Base(FakeDetector):
    def change(self, faces): return {}
    def detect(self, frames):
        found = super().detect(frames)
        return [Faces(**{**{c: getattr(faces, c) for c in FACE_COLUMNS}, **self.change(faces)}) if len(faces) else faces
                for faces in found]

class Suite(DetectorConformance):
    @pytest.fixture
    def frames(self):
        made = []
        for n in range(8):
            image = builders.picture()
            Person(RED, (10 + 2 * n, 30, 60 + 2 * n, 80)).draw(image, 0)
            if n % 2: Person(GREEN, (90, 30, 140, 80)).draw(image, 0)
            made.append(builders.frame(image, index=n))
        return made
"""

RECOGNIZER_BASE = """
class Base(FakeRecognizer):
    pass

class Suite(RecognizerConformance):
    @pytest.fixture
    def people(self):
        def crops(colour): return [builders.picture(112, 112, colour) + np.uint8(n) for n in (0, 9)]
        return {"a": crops(RED), "b": crops(BLUE)}
"""

PLAIN_BASE = """
class Base(Fake{role}):
    pass

class Suite({role}Conformance):
    pass
"""

RUNNER = {
    "every end told twice": (
        "test_each_order",
        """
    def wait(self, seconds):
        told = super().wait(seconds)
        return told + [event for event in told if isinstance(event, Finished)]
""",
    ),
    "no beginning told": (
        "test_events",
        "def wait(self, seconds): return [event for event in super().wait(seconds) if not isinstance(event, Began)]",
    ),
    "the end told first": ("test_events", "def wait(self, seconds): return super().wait(seconds)[::-1]"),
    "no sign of life": (
        "test_events",
        "def wait(self, seconds): return [e for e in super().wait(seconds) if isinstance(e, (Began, Finished))]",
    ),
    "results of another profile": (
        "test_a_result",
        "def begin(self, job, workers): super().begin(replace(job, max_frames=20), workers)",
    ),
    "cancelling does nothing": ("test_cancelling_drops", "def cancel(self, name): pass"),
    "cancelling tells of what has ended": (
        "test_cancelling_what",
        "def cancel(self, name): self._events.append(Lost(name, 'cancelled'))",
    ),
    "serves once": (
        "test_opens_again",
        """
    def close(self):
        super().close()
        self.begin = None
""",
    ),
}

POOL = {
    "one at a time": ("test_two_workers", "def begin(self, job, workers): super().begin(job, 1)"),
    "more than asked for": ("test_no_more_than", "def begin(self, job, workers): super().begin(job, 2 * workers)"),
    "log records dropped": (
        "test_log_records",
        "def wait(self, seconds): return [event for event in super().wait(seconds) if not isinstance(event, Logged)]",
    ),
    "what hangs is not stopped": (
        "test_cancelling_stops",
        """
    def cancel(self, name):
        self._events.append(Lost(name, 'cancelled'))
""",
    ),
}

MOVES_UNASKED = """
    def begin(self, job, workers):
        self.output, self.aside = job.output_dir, job.output_dir / ".partial" / "aside"
        super().begin(replace(job, output_dir=self.aside{forgets}), workers)

    def wait(self, seconds): return [self.moved(event) for event in super().wait(seconds)]

    def moved(self, event):
        if not isinstance(event, Finished) or event.report.folder is None:
            return event
        folder = event.report.folder.rename(self.output / event.report.name)
        return Finished(replace(event.report, folder=folder))
"""
"""A runner whose workers write into a folder of its own, as on machines that do not see the corpus."""

RUNNER |= {
    "removed videos come back": ("test_a_removed_video", MOVES_UNASKED.format(forgets=", kept_out=None")),
    "removed people come back": ("test_removed_people", MOVES_UNASKED.format(forgets=", kept_out=None")),
}

POOL |= {"what is removed meanwhile comes in": ("test_what_is_removed", MOVES_UNASKED.format(forgets=""))}

RUNNER_BASE = """
from dataclasses import replace
from slceleb_core.batch.inline import InlineRunner
from slceleb_core.jobs import *
from slceleb_core.batch.pool import PoolRunner

class Base(InlineRunner):
    pass

class Suite(RunnerConformance):
    pass
"""

POOL_BASE = """
from slceleb_core.batch.pool import PoolRunner

class Base(PoolRunner):
    pass

class Suite(RunnerConformance):
    patience = 10.0
"""

SINK_BASE = """
class Base(MemorySink):
    pass

class Suite(SinkConformance):
    pass
"""

BASES = {
    "detector": DETECTOR_BASE,
    "recognizer": RECOGNIZER_BASE,
    "speaker": PLAIN_BASE.format(role="Speaker"),
    "voice": PLAIN_BASE.format(role="Voice"),
    "generator": PLAIN_BASE.format(role="Generator"),
    "sink": SINK_BASE,
    "runner": RUNNER_BASE,
    "pool": POOL_BASE,
}

BROKEN = [
    pytest.param(role, *case, id=f"{role}: {what}")
    for role, cases in (
        ("sink", COMMON),
        ("detector", DETECTOR),
        ("recognizer", RECOGNIZER),
        ("speaker", SPEAKER),
        ("voice", VOICE),
        ("generator", GENERATOR),
        ("sink", SINK),
        ("runner", RUNNER),
        ("pool", POOL),
    )
    for what, case in cases.items()
]


def run_suite(pytester, role, body, chosen):
    """Run the chosen tests of a role's suite on a stage with that body."""
    lines = body if body.startswith("\n") else f"\n    {body}\n"
    stage = f"class Broken(Base):\n    name = 'broken'\n{lines}"
    pytester.makepyfile(f"{HEADER}\n{BASES[role]}\n{stage}\nclass TestBroken(Suite):\n    stage = Broken\n")
    return pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-k", chosen)


@pytest.mark.parametrize(("role", "check", "body"), BROKEN)
def test_a_broken_stage_fails_the_check_of_what_it_breaks(pytester, role, check, body):
    counts = run_suite(pytester, role, body, check).parseoutcomes()
    assert counts.get("failed", 0) >= 1, counts


@pytest.mark.parametrize(
    ("role", "checks"),
    [
        ("detector", {check for check, _ in DETECTOR.values()}),
        ("recognizer", {check for check, _ in RECOGNIZER.values()}),
        ("speaker", {check for check, _ in SPEAKER.values()}),
        ("voice", {check for check, _ in VOICE.values()}),
        ("generator", {check for check, _ in GENERATOR.values()}),
        ("sink", {check for check, _ in (SINK | COMMON).values()}),
        ("runner", {check for check, _ in RUNNER.values()}),
    ],
)
def test_the_stage_that_the_broken_ones_derive_from_passes_the_same_checks(pytester, role, checks):
    counts = run_suite(pytester, role, "pass", " or ".join(checks)).parseoutcomes()
    assert set(counts) <= {"passed", "deselected"}, counts
    assert counts["passed"] >= len(checks)


def test_a_heavy_import_is_caught(pytester, monkeypatch):
    pytester.makepyfile(librosa="", heavy_stage=f"{HEADER}\nimport librosa\nclass Heavy(MemorySink): name = 'heavy'\n")
    pytester.syspathinsert()
    pytester.makepyfile(
        f"{HEADER}\nfrom heavy_stage import Heavy\nclass TestHeavy(SinkConformance):\n    stage = Heavy\n"
    )
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-k", "test_import")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*importing heavy_stage imports ?'librosa'?*"])


def test_missing_model_files_skip_and_are_named(pytester):
    body = """
    def open(self):
        from slceleb_core.errors import ModelError
        raise ModelError("model file face.onnx is not on this machine", "fetch it")
"""
    result = run_suite(pytester, "sink", body, "test_report")
    result.assert_outcomes(skipped=1)


def test_a_recognizer_without_people_skips_and_says_so(pytester):
    pytester.makepyfile(f"{HEADER}\nclass TestFake(RecognizerConformance):\n    stage = FakeRecognizer\n")
    result = pytester.runpytest_inprocess("-q", "-rs", "-p", "no:cacheprovider", "-k", "test_same")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*override the fixture `people`*"])
