"""What ``slceleb run`` says of decisions that have come along from earlier results."""

from __future__ import annotations

from slceleb_core.cli.console import out, say
from slceleb_core.pages.wording import counted
from slceleb_core.review.following import Followed
from slceleb_core.types import JsonValue


def to_json(followed: Followed) -> dict[str, JsonValue]:
    """Return what came along, JSON-ready."""
    return {
        "carried": len(followed.decided),
        "left_out": sorted(followed.going),
        "brought_back": sorted(followed.returning),
        "absent": followed.absent,
    }


def tell_line(followed: Followed) -> None:
    """Say in a line what came along."""
    say(out, in_words(followed))


def in_words(followed: Followed) -> str:
    """Return what came along, in a line."""
    out_again = f", {counted(len(followed.going), 'rejected segment')} left out again" if followed.going else ""
    back = f", {counted(len(followed.returning), 'segment')} brought back" if followed.returning else ""
    absent = f"; {followed.absent:,} kept, on stretches that are not there any more" if followed.absent else ""
    return f"reviews: {counted(len(followed.decided), 'decision')} carried over{out_again}{back}{absent}"
