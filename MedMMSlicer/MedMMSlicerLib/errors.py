"""What can go wrong, as exceptions that speak to people.

::

    MedMMError                      exit code 1, never raised itself
    ├── UsageError                  2  wrong argument, option or recipe
    │   ├── OutputError             2  the output folder can not be written
    │   └── StudyError              2  a reader study does not allow this now
    │       ├── ClockError          2  the clock of the machine does not go on where the reading log ended
    │       ├── BlindedError        2  something was asked for that this reader must not see yet
    │       └── LogInUseError       2  a reading log belongs to another reader or is open elsewhere
    ├── InputError                  3  an image, study or context file can not be read
    │   └── SignatureError          3  a package of a reader study is forged, damaged or not for this study
    ├── BundleError                 4  a bundle is refused: manifest, integrity, unsafe content, network
    differs from manifest
    ├── DeviceError                 5  the compute device, its memory or the disk gave up
    │   ├── MemoryLimitError        5  the run needs more memory than there is
    │   ├── DiskFullError           5  an output could not be written for lack of space
    │   └── WorkerError             5  the worker process died or broke its protocol
    ├── NothingApplicableError      6  no bundle applies to the input
    ├── InstallationError           7  a package that MedMM needs could not be installed
    └── CancelledError            130  the reader cancelled

Every message is one line and says what failed, where, and what to do. ``exit_code`` is what the command line
returns.
"""

from __future__ import annotations

__all__ = [
    "BlindedError",
    "BundleError",
    "CancelledError",
    "ClockError",
    "DeviceError",
    "DiskFullError",
    "InputError",
    "InstallationError",
    "LogInUseError",
    "MedMMError",
    "MemoryLimitError",
    "NothingApplicableError",
    "OutputError",
    "SignatureError",
    "StudyError",
    "UsageError",
    "WorkerError",
    "error_for_kind",
]


class MedMMError(Exception):
    """Base of everything that MedMM raises on purpose."""

    exit_code = 1

    def __str__(self) -> str:
        """Return the message on one line."""
        return " ".join(super().__str__().split())


class UsageError(MedMMError):
    """An argument, an option or a recipe is wrong."""

    exit_code = 2


class OutputError(UsageError):
    """The output folder or file can not be written."""


class StudyError(UsageError):
    """A reader study does not allow this, or not now."""


class ClockError(StudyError):
    """The clock of the machine does not go on where the reading log ended."""


class BlindedError(StudyError):
    """Something was asked for that the reader must not see, or not yet."""


class LogInUseError(StudyError):
    """A reading log belongs to another reader, or is open in another program."""


class InputError(MedMMError):
    """An image, a study or a context file can not be read."""

    exit_code = 3


class SignatureError(InputError):
    """A package of a reader study is forged, damaged or not for this study."""


class BundleError(MedMMError):
    """A model bundle is refused."""

    exit_code = 4


class DeviceError(MedMMError):
    """The compute device failed."""

    exit_code = 5


class MemoryLimitError(DeviceError):
    """The run needs more memory than there is."""


class DiskFullError(DeviceError):
    """An output could not be written for lack of space."""


class WorkerError(DeviceError):
    """The worker process died or broke its protocol."""


class NothingApplicableError(MedMMError):
    """No bundle applies to the input."""

    exit_code = 6


class CancelledError(MedMMError):
    """The reader cancelled the run."""

    exit_code = 130


class InstallationError(MedMMError):
    """A package that MedMM needs could not be installed."""

    exit_code = 7


def error_for_kind(kind: str, message: str) -> MedMMError:
    """Rebuild an error that crossed a process boundary as its class name and message.

    An unknown ``kind`` becomes a `WorkerError`, so that nothing is lost.
    """
    pending = [MedMMError]
    while pending:
        candidate = pending.pop()
        if candidate.__name__ == kind:
            return candidate(message)
        pending.extend(candidate.__subclasses__())
    return WorkerError(f"{kind}: {message}")
