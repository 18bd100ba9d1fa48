"""A reader that is going to be killed: it answers and saves, and says what it shows as saved.

Run as ``python study_process.py STUDY_FOLDER SETTINGS_FILE``. Its first line is what it found saved.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any


def tell(**values: Any) -> None:
    """Print one line at once."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Open the study, go on with its case, and answer until somebody ends this."""
    from MedMMSlicerHost import slicer_environment
    from MedMMSlicerHost.application import HostApplication

    slicer_environment.install(HostApplication.instance())
    import qt
    from MedMMSlicerHost.reader import build_reader

    reader = build_reader((), qt.QSettings(sys.argv[2], qt.QSettings.IniFormat))
    reader.widget.show()
    part = reader.panel.study
    part.open(Path(sys.argv[1]))
    part.start()
    reader.panel.flush()
    spin = next(iter(part.form.ratings.values())).spin
    tell(rating=spin.value, report=part.ui.reportEdit.plainText, message=str(reader.room.message))
    for number in range(max(0, spin.value) + 1, 101):
        spin.setValue(number)
        part.ui.reportEdit.setPlainText(f"Seen: {number}.")
        end = time.monotonic() + 20
        while "✓" not in part.ui.savedLabel.text and time.monotonic() < end:
            qt.QApplication.processEvents()
            time.sleep(0.002)
        tell(rating=number, report=part.ui.reportEdit.plainText)


if __name__ == "__main__":
    main()
