"""Who wants to know what changed: callbacks by topic, called in the thread that made the change."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import UsageError

__all__ = ["TOPICS", "Listeners"]

TOPICS = (
    "cases",
    "case",
    "bundle",
    "context",
    "run",
    "findings",
    "evidence",
    "segments",
    "report",
    "study",
    "message",
)
"""``cases``: the list; ``case``: another one is current, or its facts changed; the others as they say."""


class Listeners:
    """Callbacks without arguments, by topic.

    Inside `hold`, a topic is collected and told once at the end, so that a change of many things refreshes a
    panel once.
    """

    def __init__(self) -> None:
        self._callbacks: dict[int, tuple[str, Callable[[], object]]] = {}
        self._tokens = itertools.count(1)
        self._depth = 0
        self._held: dict[str, None] = {}

    def subscribe(self, topic: str, callback: Callable[[], object]) -> int:
        """Call ``callback()`` whenever ``topic`` changed; the token ends it.

        Raises
        ------
        UsageError
            If there is no such topic.
        """
        if topic not in TOPICS:
            raise UsageError(f"There is no topic '{topic}'. Topics are: {', '.join(TOPICS)}.")
        token = next(self._tokens)
        self._callbacks[token] = (topic, callback)
        return token

    def unsubscribe(self, token: int) -> None:
        """End a subscription; an unknown token is ignored."""
        self._callbacks.pop(token, None)

    def emit(self, *topics: str) -> None:
        """Tell subscribers that these topics changed."""
        if self._depth:
            self._held.update(dict.fromkeys(topics))
            return
        for topic in topics:
            for token, (wanted, callback) in list(self._callbacks.items()):
                if wanted == topic and token in self._callbacks:
                    callback()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Collect what is emitted in the block, also when it fails, and tell it once afterwards."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                held, self._held = tuple(self._held), {}
                self.emit(*held)

    def clear(self) -> None:
        """End all subscriptions."""
        self._callbacks.clear()
        self._held.clear()
