"""Every page that the program writes, with a name wherever one of somebody else's making may stand."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from slceleb_core.batch.summary_data import BatchSummary
from slceleb_core.batch.summary_page import page as batch_page
from slceleb_core.corpus.audits import Amount, Audit, Missed, Part, Population, Reviewers, Share, Since
from slceleb_core.corpus.figures import Audited, CorpusFigures, PersonFigures, Spread
from slceleb_core.corpus.report_page import page as corpus_page
from slceleb_core.corpus.strangers import Nearness, StrangerFigures
from slceleb_core.corpus.voices.figures import VoiceReport
from slceleb_core.corpus.voices.groups import Alike, Group, Mixed
from slceleb_core.corpus.voices.limits import Limits
from slceleb_core.review.page import page as review_page
from slceleb_core.types import VoiceFigures

Page: TypeAlias = Callable[[str], str]


def batch(name: str) -> str:
    """Return the page of a batch in which everything that can have a name has this one."""
    return batch_page(overview(name))


def overview(name: str) -> BatchSummary:
    """Return what is known of a batch: one video of each fate, its stages, its machine, how it was stopped."""
    statuses = {"done": 1, "failed": 1, "skipped": 1, "pending": 1, "running": 0}
    fault = {"name": name, "video": name, "kind": "video", "message": name, "hint": name, "attempts": 2}
    bare = {"name": name, "status": "pending", "warnings": []}
    return BatchSummary(
        format=1,
        output_dir=name.replace("/", "|"),
        run=_run(name),
        settings=_settings(name),
        videos_by_status=statuses,
        totals={
            "video_seconds": 40.0,
            "frames": 1000,
            "segments": 1,
            "segment_seconds": 12.0,
            "stage_seconds": {name: 15.0, "decode": 5.0},
        },
        rates={"speech_share": 0.3},
        persons={name: {"seconds": 12.0, "segments": 1, "videos": 1}},
        failures=[fault] * 21,  # more than are shown at once
        skipped=[{"name": name, "video": name, "reason": name}],
        warnings=[{"warning": name, "videos": [name]}],
        machine=_machine(name),
        versions={name: name},
        profile={name: [name, {"sink": name}]},
        videos=[_done(name), bare],
    )


def _run(name: str) -> Mapping[str, Any]:
    return {
        "started": "2026-03-01T12:00:00",
        "ended": "2026-03-01T12:02:00",
        "seconds": 120.0,
        "ending": "stopped",
        "stopped": {"kind": "output", "message": name, "hint": name},
        "attempted": 2,
        "done": 1,
        "pace": 0.4,
    }


def _settings(name: str) -> Mapping[str, Any]:
    named = {"profile_name": name, "runner": name, "poi_dir": name, "poi": [name]}
    return {**named, "workers": 2, "threads": 1, "max_frames": None, "artefacts": True}


def _machine(name: str) -> Mapping[str, Any]:
    loads = {"seconds": [0.0, 5.0], "cpu": [0.5, 0.5], "machine_cpu": [0.6, 0.6], "gpu0_load": [0.5, None]}
    held = {"memory": [10**9, 10**9], "machine_memory": [2 * 10**9] * 2, "gpu0_memory": [100, None]}
    return {
        "processors": 8,
        "memory": 16 * 10**9,
        "gpus": [{"name": name, "memory": 1000}],
        "samples": {**loads, **held},
    }


def _done(name: str) -> dict[str, Any]:
    rates = dict.fromkeys(("detection_rate", "poi_rate", "speaking_rate", "speech_share", "cache_hit_rate"), 0.5)
    return {
        "name": name,
        "status": "done",
        "duration": 40.0,
        "warnings": [name],
        "rates": {**rates, "frames_per_second": 25.0, "real_time_factor": 0.5},
        "statistics": {"segments": 1, "segment_seconds": 12.0, "stage_seconds": {name: 15.0, "decode": 5.0}},
    }


def _audit(name: str) -> Audit:
    share = Share(0.9, 0.8, 0.95, 10.0)
    return Audit(
        draw=name,
        drawn="2026-01-02",
        answered="2026-01-03",
        confidence=0.95,
        population=Population("", {name: Part("", {name: Amount(10, 20.0)})}),
        drawn_items=10,
        judged=8,
        cannot_tell=1,
        strict=share,
        lenient=share,
        seconds=share,
        further=share,
        kinds={"bad cut": share},
        persons={name: share},
        reviewers=Reviewers((name, "Bo"), 8, 7, 0.5, 1),
        missed=Missed(4, 9.0, share, share),
        behind=1,
    )


def corpus(name: str) -> str:
    """Return the page of a corpus of this name, with a person and a gate of it."""
    spread, nearness = Spread.of([1.0, 2.0]), Nearness(40, 0.1, 0.9, 2.2)
    figures = CorpusFigures(
        format=1,
        videos=2,
        videos_with_speech=1,
        video_seconds=40.0,
        speech_seconds=3.0,
        segments=2,
        people=1,
        durations=spread,
        snr=spread,
        rejected_seconds={name: 4.0},
        persons={name: PersonFigures(3.0, 2, 1, spread, spread)},
        strangers=StrangerFigures(4, 1, nearness, {name: nearness}),
        audits=[Audited(_audit(name), Since(added=1, taken_out=2, judged_anew=3))],
        voices=_voices(name),
        segment_durations=[1.0, 2.0],
        segment_snrs=[10.0, 20.0],
    )
    return corpus_page(figures, name)


def _voices(name: str) -> VoiceReport:
    """Return what voices say, with this name wherever one can stand."""
    return VoiceReport(
        stage=name,
        limits=Limits(min_voice=-1.0, min_one_voice=None, short_voices=False),
        judged=2,
        silent={name: 1},
        left_out=1,
        left_out_seconds=3.0,
        lost=0.01,
        found=0.9,
        figures=VoiceFigures(),
        mixed=[Mixed(name, (Group((name,), 60.0), Group((name,), 20.0)), -2.0)],
        alike=[Alike(name, name, 2.0)],
    )


def review(name: str) -> str:
    """Return a page on which results are checked, with this name in all of its data."""
    return review_page(name, review_data(name))


def review_data(name: str) -> dict[str, Any]:
    """Return what such a page is given."""
    candidate = {"id": name, "person": name, "gate": name, "note": name, "gates": [[name, 0.5, 0.5, ">=", True, 0.0]]}
    video = {"name": name, "file": name, "warnings": [name], "lost": {name: 1.0}, "rows": [{"person": name}]}
    return {"title": name, "people": [{"name": name}], "videos": [video], "candidates": [candidate], name: None}


@pytest.fixture
def evaluation(tmp_path):
    """Return a function that makes the page of an evaluation in which a video and a person have a name."""
    pytest.importorskip("pyannote.metrics", reason="the extra evaluation is not installed")
    import csv
    import gzip
    import json

    from slceleb_core.evaluation.page import page
    from slceleb_core.evaluation.report import evaluate

    def made(name: str) -> str:
        root = tmp_path / name.replace("/", "|")
        folder = root / "out" / name.replace("/", "|")
        folder.mkdir(parents=True)
        video, gallery = f"/films/{folder.name}.mp4", {"persons": [name], "wanted": [name]}
        (folder / "source.json").write_text(json.dumps({"video": video}))
        segments = [{"person": name, "start": 1.0, "end": 4.0}]
        result = {"video": {"path": video, "start": 0.0, "duration": 10.0}, "segments": segments}
        profile = {"segments": {"onset": 0.5}}
        (folder / "result.json").write_text(json.dumps({**result, "profile": profile, "gallery": gallery}))
        faces = [{"track": 0, "person": name, "speaking": 0.75}, {"track": 1, "person": None, "speaking": 0.25}]
        with gzip.open(folder / "frames.jsonl.gz", "wt") as stream:
            stream.writelines(json.dumps({"index": n, "time": n / 10, "faces": faces}) + "\n" for n in range(100))
        with (root / "reference.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["video", "person", "start", "end"])
            writer.writerows(
                [[folder.name, name, 2, 5], [folder.name, f"{name} too", 6, 7], [f"{name} gone", "x", 0, 1]]
            )
        return page(evaluate(root / "reference.csv", root / "out"))

    return made


@pytest.fixture(params=["batch", "corpus", "evaluation", "review"])
def page_of(request) -> Page:
    """Return a function that makes a page with a name wherever one may stand."""
    made = {"batch": batch, "corpus": corpus, "review": review}
    return made.get(request.param) or request.getfixturevalue("evaluation")
