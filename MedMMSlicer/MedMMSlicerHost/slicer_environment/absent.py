"""How stand-ins refuse: what is not in this host, unknown attributes, keyword arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

__all__ = ["NotInHostError", "StrictObject", "not_in_host", "qt_method"]


class NotInHostError(NotImplementedError):
    """Slicer can do this, and this host can not."""


def not_in_host(what: str) -> NoReturn:
    """Raise, naming what is missing."""
    raise NotInHostError(f"{what} is not in the desktop host; a panel that needs it runs in Slicer only.")


class StrictObject:
    """An object on which, as on a wrapped Qt object, an unknown attribute raises, read or written.

    A subclass names itself in `shown_name` and what may be assigned in `assignable`; names that begin with an
    underscore are its own.
    """

    shown_name = "object"
    assignable: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.shown_name} has no attribute {name!r} in the desktop host.")

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name not in self.assignable:
            raise AttributeError(f"{self.shown_name} has no attribute {name!r} in the desktop host.")
        object.__setattr__(self, name, value)


def qt_method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method of a widget stand-in refuse keyword arguments; any value, also None, is let through."""

    @wraps(function)
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if keywords:
            raise ValueError(
                f"Called {function.__name__} with keyword arguments, but called slot does not support kwargs."
            )
        return function(self, *arguments)

    return method
