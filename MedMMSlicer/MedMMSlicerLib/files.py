"""Writing files so that nothing half-written stays behind."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import DiskFullError, MedMMError, OutputError

__all__ = ["atomic_write", "output_error"]

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; what was written there becomes ``path`` when the block succeeds.

    The temporary name is ``.partial-`` + the final name, so writers that go by the suffix still work. An
    existing file stays as it was until the very end, and for good when the block fails.

    Parameters
    ----------
    path : Path
        Final place. Its folder is made when missing.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    DiskFullError
        If the disk is full.
    OutputError
        If the place can not be written for another reason.
    """
    temporary = path.with_name(f".partial-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        yield temporary
        temporary.replace(path)
    except MedMMError:
        _discard(temporary)
        raise
    except OSError as error:
        _discard(temporary)
        raise output_error(path, error) from error
    except BaseException:
        _discard(temporary)
        raise


def output_error(path: Path, error: OSError) -> MedMMError:
    """Translate an operating system error on writing ``path`` into one for people."""
    reason = error.strerror or str(error)
    if error.errno in _NO_SPACE:
        return DiskFullError(f"{path} could not be written: the disk is full. Free some space and try again.")
    return OutputError(f"{path} could not be written: {reason}. Choose a folder that you may write to.")


def _discard(temporary: Path) -> None:
    # The error that led here is the one to tell; a leftover that can not be removed must not hide it.
    with suppress(OSError):
        temporary.unlink(missing_ok=True)
