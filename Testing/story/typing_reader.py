"""A reader in a process of its own that types without a pause until it is killed; see `test_report_story`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from .hands import Hands

__all__ = ["PHANTOM", "write_phantom"]

PHANTOM = "phantom.nii.gz"
_PAUSE_S = 0.05


def write_phantom(path: Path) -> None:
    """An oblique, anisotropic volume: a box of 200 with a core of 300 off its center."""
    import SimpleITK as sitk

    array = np.zeros((24, 40, 36), np.int16)
    array[4:18, 6:30, 8:26] = 200
    array[6:12, 8:20, 16:24] = 300
    turn = np.deg2rad(12)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.8, 1.5, 3.0))
    image.SetOrigin((-20.0, -30.0, -20.0))
    image.SetDirection((np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1))
    sitk.WriteImage(image, str(path))


def main(folder: Path) -> None:
    """Open the phantom, start a report, and type into it; each text is logged with its time."""
    write_phantom(folder / PHANTOM)
    from MedMMSlicerHost import slicer_environment
    from MedMMSlicerHost.application import HostApplication
    from MedMMSlicerHost.reader import build_reader

    slicer_environment.install(HostApplication.instance(), folder / "settings")
    import qt

    reader = build_reader((), qt.QSettings(str(folder / "reader.ini"), qt.QSettings.IniFormat))
    reader.widget.show()
    reader.widget.activateWindow()
    hands, report = Hands(reader), reader.panel.report
    reader.open((folder / PHANTOM,))
    hands.rest()
    hands.click(report.ui.startButton)
    hands.rest()
    hands.choose(report.ui.sectionCombo, "Findings")
    hands.click(report.ui.addButton)
    with (folder / "typed.jsonl").open("a", encoding="utf-8") as log:
        text, number = "", 0
        while True:
            for letter in "Typed:" if not text else f" word{number}":
                qt.QTest.keyClicks(report.editor, letter)
                text += letter
                end = time.monotonic() + _PAUSE_S
                while time.monotonic() < end:
                    qt.QApplication.processEvents()
                    time.sleep(0.005)
                log.write(f"{json.dumps([time.time(), text])}\n")
                log.flush()
            number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
