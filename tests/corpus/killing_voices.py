"""Does what ``killing.py`` does, where nothing is installed but the fakes and what is built in."""

from slceleb_core import hookimpl, review, sinks
from slceleb_core.batch.builtin import slceleb_runners
from slceleb_core.manifests import MANIFESTS
from slceleb_core.registry import Origin, Registry
from slceleb_core.testing import FakePlugin


class BuiltIn:
    @hookimpl
    def slceleb_sinks(self):
        return [*sinks.slceleb_sinks(), *review.slceleb_sinks(), *MANIFESTS]

    @hookimpl
    def slceleb_runners(self):
        return slceleb_runners()


def fakes_alone():
    """Return the fakes and what is built in."""
    own = (BuiltIn(), Origin("core-sinks", "slceleb-core", "1.0"))
    return Registry([(FakePlugin(), Origin("fakes", "slceleb-fakes", "2.0")), own])


if __name__ == "__main__":
    import killing

    from slceleb_core.review import hearing  # noqa: F401 - imported once, before anything is forked

    Registry.discover = fakes_alone
    killing.run()
