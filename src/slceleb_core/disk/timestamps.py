"""Points in time, as they are written down."""

from __future__ import annotations

from datetime import datetime, timezone


def utc_timestamp() -> str:
    """Return the present, in UTC, to the second, as ISO 8601 has it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
