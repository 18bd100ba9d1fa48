"""What pip's last lines mean, and what a person can do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import InstallationError

__all__ = ["pip_error"]

_TAIL_LINES = 80
_MAXIMUM_CHARACTERS = 300
_CREDENTIALS = re.compile(r"(://)[^/@\s]+@")

# In this order: a proxy that refuses also ends in "no matching distribution". Numbers of errors are matched,
# not their texts, which Windows translates.
_ADVICE = (
    (
        r"\[Errno 28\]|\[Errno 122\]|\[WinError 112\]|No space left|Disk quota exceeded",
        "The disk is full: free some gigabytes, then install again.",
    ),
    (
        r"\[WinError (5|32)\].*\.(pyd|dll)|\[Errno 26\]",
        "A library is in use: restart Slicer, open no image, and install again.",
    ),
    (
        r"\[Errno 13\]|\[Errno 30\]|\[WinError 5\]|Permission denied|Read-only file system",
        "This user may not write there: ask whoever installed Slicer or Python, "
        "or install it in a folder of your own.",
    ),
    (
        r"externally-managed-environment",
        "This Python belongs to the operating system: install MedMM in a virtual environment.",
    ),
    (
        r"ProxyError|Cannot connect to proxy|407 Proxy|Tunnel connection failed",
        "The proxy refused: set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT and start again, "
        "or install from a folder of wheels.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The certificate of the server is not trusted, as behind a proxy that reads along: set PIP_CERT to "
        "the certificate file of your network, or install from a folder of wheels.",
    ),
    (
        r"name resolution|getaddrinfo failed|Name or service not known|nodename nor servname|"
        r"NewConnectionError|Network is unreachable|ConnectTimeout|ReadTimeout|Connection refused|"
        r"ConnectionResetError|Max retries exceeded|Connection broken|IncompleteRead",
        "The package index was not reached: check the network, or install from a folder of wheels.",
    ),
    (
        r"ResolutionImpossible|conflicting dependencies",
        "Packages that other programs need are kept as they are, and this does not fit them: "
        "update 3D Slicer, or remove the other package that is named.",
    ),
    (
        r"No matching distribution found|Could not find a version",
        "There is no such package for this Python and operating system: {source}.",
    ),
    (
        r"uninstall-no-record-file|no RECORD file was found|Cannot uninstall",
        "Another installer has put this package there: remove it with that one, then install again.",
    ),
    (r"No module named pip", "This Python has no pip: install Slicer again, or run 'python -m ensurepip'."),
    (
        r"MemoryError|Cannot allocate memory",
        "The memory was short: close other programs, then install again.",
    ),
    (r"DO NOT MATCH THE HASHES", "A download was damaged or exchanged: install again."),
)
_FOLDER = "add its wheel to the folder and write the list again"
_INDEX = "check the network, update 3D Slicer, or install from a folder of wheels"


def pip_error(doing: str, lines: Sequence[str], returncode: int, offline: bool) -> InstallationError:
    """Make an error of a failed run of pip.

    Parameters
    ----------
    doing : str
        The step, e.g. ``Installing packages``.
    lines : sequence of str
        Its output.
    returncode : int
    offline : bool
        Whether it installed from a folder of wheels.
    """
    tail = [line.strip() for line in lines[-_TAIL_LINES:] if line.strip()]
    text = "\n".join(tail)
    advice = "Install again; if it fails in the same way, run 'medmm doctor'."
    if returncode < 0:
        advice = "The system ended pip, often for lack of memory: close other programs, then install again."
    for pattern, meaning in _ADVICE:
        if re.search(pattern, text):
            advice = meaning.format(source=_FOLDER if offline else _INDEX)
            break
    said = _CREDENTIALS.sub(r"\1", _last_words(tail)) or f"exit code {returncode}"
    return InstallationError(f"{doing} failed: {said.rstrip('.')}. {advice}")


def _last_words(tail: Sequence[str]) -> str:
    errors = [line for line in tail if re.match(r"(ERROR|error):", line)]
    conflicts = [line for line in errors if "because these package versions have conflicting" in line]
    plain = [line for line in tail if not re.match(r"WARNING:|\[notice\]|hint:|note:", line)]
    chosen = conflicts[-1:] or errors[-1:] or plain[-1:]
    return re.sub(r"^(ERROR|error):\s*", "", chosen[0])[:_MAXIMUM_CHARACTERS] if chosen else ""
