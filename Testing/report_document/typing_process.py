"""A process that types into a report until it is killed; run by `test_recovery`.

Arguments: folder of the recovery files, and a file into which each text is written once the room has it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from MedMMSlicerHost.application import HostApplication
from MedMMSlicerLib.core import Volume, VolumeGeometry
from MedMMSlicerLib.reading.room import ReadingRoom
from MedMMSlicerLib.scene.volumes import add_volume


def phantom() -> Volume:
    """The image that both processes open."""
    grid = VolumeGeometry.from_axes((6, 10, 14), (2.5, 1.1, 0.7), (3.0, -4.0, 5.0))
    return Volume(np.random.default_rng(7).integers(-900, 900, grid.shape).astype(np.int16), grid)


def main(folder: Path, told: Path) -> None:
    """Type until somebody kills this process."""
    room = ReadingRoom(HostApplication.instance().scene)
    room.report.workflow.autosave.use(folder)
    room.report.workflow.user = lambda: "Dr. Li"
    room.cases.adopt_volume(add_volume(room.scene, phantom(), name="Phantom"))
    room.report.start()
    name = room.report.add_sentence("findings", "Begun.")
    room.findings.add("Scar")
    text = ""
    with told.open("a", encoding="utf-8") as file:
        while True:
            text += " word 词"
            room.report.set_text(name, text)
            file.write(f"{text}\n")
            file.flush()
            text = text if len(text) < 400 else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
