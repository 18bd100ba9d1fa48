"""What pip says, and what people read."""

from __future__ import annotations

import pytest
from MedMMSlicerLib.errors import InstallationError
from MedMMSlicerLib.installation.pip_errors import pip_error

REFUSED = "ERROR: Could not install packages due to an OSError:"
RETRY = (
    "WARNING: Retrying (Retry(total=4)) after connection broken by "
    "'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection>: Failed to establish: "
    "[Errno -3] Temporary failure in name resolution')': /simple/alpha/"
)
NONE_FITS = "ERROR: No matching distribution found for alpha>=9"


@pytest.mark.parametrize(
    ("lines", "said", "advice"),
    [
        (
            [f"{REFUSED} [Errno 28] No space left on device"],
            "[Errno 28] No space left on device",
            "The disk is full",
        ),
        (
            [f"{REFUSED} [WinError 112] Es steht nicht genug Speicher"],
            "[WinError 112]",
            "The disk is full",
        ),
        (
            [f"{REFUSED} [Errno 13] Permission denied: '/opt/S/alpha'"],
            "Permission denied: '/opt/S/alpha'",
            "may not write there",
        ),
        (
            [REFUSED + r" [WinError 5] Zugriff: 'C:\\S\\capi\\ort.pyd'"],
            "[WinError 5]",
            "restart Slicer",
        ),
        (
            ["ERROR: [WinError 5] Zugriff verweigert: 'C:\\S\\METADATA'"],
            "[WinError 5]",
            "may not write there",
        ),
        (
            [
                "WARNING: ... ProxyError('Cannot connect to proxy.', OSError('407 Proxy Authentication'))",
                NONE_FITS,
            ],
            "No matching distribution found for alpha>=9",
            "HTTPS_PROXY",
        ),
        ([RETRY, NONE_FITS], "No matching distribution", "The package index was not reached"),
        (
            ["SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", NONE_FITS],
            "",
            "PIP_CERT",
        ),
        ([NONE_FITS], "No matching distribution found for alpha>=9", "no such package for this Python"),
        (
            [
                "ERROR: Cannot install alpha and numpy<2 because these package versions have conflicting "
                "dependencies.",
                "The conflict is caused by:",
                "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest",
            ],
            "Cannot install alpha and numpy<2",
            "update 3D Slicer",
        ),
        (["error: externally-managed-environment", "hint: See PEP 668"], "externally", "virtual environment"),
        (["/usr/bin/python3: No module named pip"], "No module named pip", "has no pip"),
        (["error: uninstall-no-record-file", "× Cannot uninstall alpha 1"], "uninstall-no-record", "Another"),
        (["MemoryError"], "MemoryError", "memory was short"),
        (["something", "of its own", "[notice] A new release of pip"], "of its own", "run 'medmm doctor'"),
        ([], "exit code 3", "run 'medmm doctor'"),
    ],
)
def test_the_last_words_get_an_advice(lines: list[str], said: str, advice: str) -> None:
    error = pip_error("Installing packages", lines, 3, offline=False)
    assert isinstance(error, InstallationError)
    assert str(error).startswith("Installing packages failed: ")
    assert said in str(error) and advice in str(error)
    assert "\n" not in str(error)


def test_a_folder_that_lacks_a_wheel_is_told_from_an_index() -> None:
    assert "add its wheel to the folder" in str(pip_error("Installing", [NONE_FITS], 1, offline=True))
    assert "check the network" in str(pip_error("Installing", [NONE_FITS], 1, offline=False))


def test_a_killed_pip_is_told_from_a_failing_one() -> None:
    assert "The system ended pip" in str(pip_error("Installing", ["Collecting alpha"], -9, offline=False))


def test_no_password_is_repeated() -> None:
    line = "ERROR: 404 for url: https://name:secret@index.example.org/simple/alpha/"
    error = str(pip_error("Installing", [line], 1, offline=False))
    assert "secret" not in error and "https://index.example.org/simple/alpha" in error


def test_a_very_long_line_is_cut() -> None:
    assert len(str(pip_error("Installing", ["ERROR: " + "x" * 5000], 1, offline=False))) < 500
