"""Orders that wait to be handed over."""

from __future__ import annotations

from collections.abc import Iterable

from slceleb_core.jobs import Order


class OrderQueue:
    """Orders in the order in which they came; some of them not before a certain time.

    Parameters
    ----------
    orders
        The first ones, all of them ready.
    """

    def __init__(self, orders: Iterable[Order]) -> None:
        self._waiting: dict[str, tuple[Order, float]] = {order.name: (order, 0.0) for order in orders}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, order: Order, ready: float) -> None:
        """Put an order at the end, not to be taken before the clock says `ready`."""
        self._waiting[order.name] = (order, ready)

    def take(self, now: float) -> Order | None:
        """Remove and return the first order that is ready; None where none is."""
        name = next((name for name, (_, ready) in self._waiting.items() if ready <= now), None)
        return None if name is None else self._waiting.pop(name)[0]
