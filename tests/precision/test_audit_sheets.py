"""An interval in words promises nothing that it does not hold."""

import pytest

from slceleb_core.corpus.audit_sheets import interval
from slceleb_core.corpus.audits import Share


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Share(0.975, 0.94262, 0.99184, 200), "97.5 % (94.2 to 99.2 %)"),
        (Share(1.0, 0.98172, 1.0, 200), "100.0 % (98.1 to 100.0 %)"),
        (Share(0.96, 0.96, 0.96, 25), "96.0 % (96.0 to 96.0 %)"),
        (Share(None, 0.0, 1.0, 0), "unknown (0.0 to 100.0 %)"),
    ],
)
def test_ends_are_rounded_outwards(share, text):
    assert interval(share) == text
