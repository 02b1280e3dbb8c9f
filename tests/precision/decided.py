"""Output folders with decisions in them, written as runs and reviews leave them; without any media."""

import json

from slceleb_core.testing import builders
from slceleb_core.testing.corpora import gates_of


def a_segment(key, person="Ada", start=0.0, end=2.0, **values):
    return builders.segment(id=key, person=person, start=start, end=end, gates=gates_of(**values))


def write_video(output, name, segments, review=None, **facts):
    """Write what a run has stated of one video, and what has been decided on its segments."""
    folder = output / name
    folder.mkdir(parents=True)
    out = {key for key, entry in (review or {}).items() if entry.get("segment")}
    told = [segment.to_json() for segment in segments if segment.id not in out]
    report = {"segments": told, "provenance": {"profile": {}, "stages": {}}, **facts}
    stated = {"video": f"/videos/{name}.mp4", "fingerprint": f"sha256:{name}", "report": report}
    stated |= {"review": review} if review else {}
    (folder / "source.json").write_text(json.dumps(stated))


def accepted(**more):
    return {"decision": "accept", "note": "", "reviewer": "bo", "when": "", **more}


def rejected(segment, note=""):
    return {"decision": "reject", "note": note, "reviewer": "bo", "when": "", "segment": segment.to_json()}
