"""A guard against PySide6 6.12 on Python 3.11, which would end the process."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["guard_none"]

_PLENTY = 1 << 40


def guard_none() -> None:
    """Give None more references than any session can lose.

    PySide6 6.12.0 returns None from methods without result as if it were immortal, which it is from Python
    3.12 on (PEP 683). In Python 3.11 each such call takes one reference away, and after some ten thousand
    calls the interpreter aborts with "deallocating None". PySide6 6.11 and before are free of this.
    """
    if sys.version_info < (3, 12) and sys.getrefcount(None) < _PLENTY:
        # The count is the first member of an object in these versions.
        ctypes.c_ssize_t.from_address(id(None)).value += _PLENTY
