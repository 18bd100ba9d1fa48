"""``python -m MedMMSlicerLib.installation``: the same without a panel, for administrators and scripts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import MedMMError
from ..inference.devices import DEVICES
from .installation import InstallationProgress, install
from .missing import missing_packages
from .plan import InstallationPlan, plan_installation
from .wheel_folder import write_wheel_list

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 7 something is missing or could not be installed."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "list-wheels":
            path = write_wheel_list(options.folder)
            _say(f"{path}: {len(path.read_text(encoding='utf-8').splitlines())} wheels")
            return 0
        if options.command == "missing":
            missing = missing_packages()
            for need in missing:
                _say(f"{need.text}: {need.reason}")
            return 7 if missing else 0
        plan = plan_installation(device=options.device, wheels=options.wheels)
        done = install(plan, lambda shown: options.yes or _confirmed(shown), _show)
    except MedMMError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    _say(f"Installed: {', '.join(done.installed)}" if done.installed else "Nothing was missing.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m MedMMSlicerLib.installation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("missing", help="list what is missing in this Python")
    one = commands.add_parser("install", help="install what is missing into this Python")
    one.add_argument(
        "--wheels", type=Path, help="folder of wheels with a list of SHA-256: no network is used"
    )
    one.add_argument("--device", choices=DEVICES, default="auto", help="which ONNX runtime to install")
    one.add_argument("--yes", action="store_true", help="do not ask")
    other = commands.add_parser("list-wheels", help="write the list of SHA-256 of a folder of wheels")
    other.add_argument("folder", type=Path)
    return parser


def _confirmed(plan: InstallationPlan) -> bool:
    for line in plan.describe():
        _say(line)
    sys.stdout.write("Go on? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _show(progress: InstallationProgress) -> None:
    _say(f"{progress.text}: {progress.detail}" if progress.detail else progress.text)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
