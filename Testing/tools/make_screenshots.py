"""Makes the pictures of the user guide: the real desktop reader, off screen, on the sample studies.

Run it from the root of the checkout: ``python Testing/tools/make_screenshots.py [FOLDER] [--only NAME...]``.
Sizes, letters, colors and clocks are fixed, settings lie in a temporary folder, and the laboratory values are
invented, so that the pictures change only when the program does.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "Resources" / "Screenshots"
WINDOW = (1440, 900)
PANEL_WIDTH = 400
MOST_HEIGHT = 3600
"""Pixels: a panel with everything open is made as high as it needs to be, up to this."""

COLORS = 256
LIMIT_BYTES = 3_000_000
LETTERS = ("DejaVu Sans", 9)
TEXTS = {
    "en": ("Cough and fever for three days.", "Never smoked. No earlier images."),
    "zh-CN": ("咳嗽、发热三天。", "从不吸烟，无既往影像。"),
}
"""Indication and history, invented."""

LABORATORY = (
    ("crp", "148", "mg/L"),
    ("ldh", "412", "U/L"),
    ("d_dimer", "1.9", "mg/L"),
    ("lymphocytes", "0.8", "10*9/L"),
    ("neutrophils", "9.6", "10*9/L"),
)
"""Invented."""


PROGNOSIS = "Need of intensive care"


class StillClock:
    """Stands for the ``time`` module where the seconds of a run are counted, so that pictures repeat."""

    perf_counter = staticmethod(time.perf_counter)

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        """Seconds, as far as this script has moved them."""
        return self.now_s


CLOCK = StillClock()


class Studio:
    """Builds readers of one look, waits for them, and takes pictures.

    Parameters
    ----------
    folder : Path
        Where the pictures go.
    scratch : Path
        For settings and broken files; nothing of it is seen.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        self._count = 0

    @contextmanager
    def reader(self, theme: str = "light", language: str = "en") -> Iterator[Any]:
        """A new reader of its own settings, closed at the end."""
        import qt
        from MedMMSlicerHost.application import HostApplication
        from MedMMSlicerHost.reader import build_reader
        from MedMMSlicerLib.widgets import translation

        self._count += 1
        settings = qt.QSettings(str(self.scratch / f"reader{self._count}.ini"), qt.QSettings.IniFormat)
        settings.setValue("reader/theme", theme)
        settings.setValue("reader/language", language)
        HostApplication.instance().clear()
        reader = build_reader((), settings)
        reader.widget.resize(*WINDOW)
        reader.widget.show()
        settle()
        try:
            yield reader
        finally:
            # Otherwise the next reader offers to recover this report.
            reader.room.report.workflow.autosave.saved()
            reader.close()
            settle()
            translation.set_language("en")

    def window(self, reader: Any, name: str) -> None:
        """Take a picture of the whole window."""
        settle(0.6)
        reader.draw_now()
        settle()
        self.save(reader.widget, name, dither=True)

    def panel(self, reader: Any, name: str) -> None:
        """Take a picture of the panel at its own width, as high as everything in it."""
        import qt

        reader.docks.panel.setFloating(True)
        self._resize_dock(reader, MOST_HEIGHT)
        last = reader.panel.report.widget
        bottom = last.mapTo(reader.panel.widget, qt.QPoint(0, last.height)).y()
        self.save(reader.panel.widget, name, bottom)
        reader.docks.panel.setFloating(False)

    def part(self, reader: Any, part: Any, name: str) -> None:
        """Take a picture of one part at the width of the panel."""
        reader.docks.panel.setFloating(True)
        self._resize_dock(reader, MOST_HEIGHT)
        self.save(part.widget, name)
        reader.docks.panel.setFloating(False)

    @staticmethod
    def _resize_dock(reader: Any, height: int) -> None:
        dock = reader.docks.panel
        reader.panel.widget.setFixedWidth(PANEL_WIDTH)
        dock.resize(PANEL_WIDTH, height)
        settle(0.2)

    def save(self, widget: Any, name: str, height: int = 0, dither: bool = False) -> None:
        """Save what a widget shows, or the upper ``height`` pixels of it, with a palette of few colors.

        Without ``dither`` shaded surfaces and heat maps would have steps that the reader does not draw.
        """
        from PIL import Image

        raw = self.scratch / "raw.png"
        widget.grab().save(str(raw))
        with Image.open(raw) as image:
            shown = image.convert("RGB").crop((0, 0, image.width, height or image.height))
            palette = shown.quantize(COLORS, Image.Quantize.MEDIANCUT, kmeans=3)
            method = Image.Dither.FLOYDSTEINBERG if dither else Image.Dither.NONE
            small = shown.quantize(palette=palette, dither=method)
        target = self.folder / f"{name}.png"
        small.save(target, optimize=True)
        sys.stdout.write(f"{target.name}: {small.width} x {small.height}, {target.stat().st_size} bytes\n")


def settle(seconds: float = 0.0) -> None:
    """Let Qt do what is due."""
    import qt

    end = time.monotonic() + seconds
    for _ in range(6):
        qt.QApplication.processEvents()
    while time.monotonic() < end:
        qt.QApplication.processEvents()
        time.sleep(0.005)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 240.0) -> None:
    """Let Qt work until something is so.

    Raises
    ------
    SystemExit
        If it does not become so.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what}: this did not happen in {seconds:.0f} s.")
        settle()
        time.sleep(0.005)


def analyze(reader: Any) -> None:
    """Accept the model, run it, and wait for its results.

    Raises
    ------
    SystemExit
        If the run fails.
    """
    start(reader)
    wait_for(lambda: not reader.room.run.state.busy, "the run")
    if reader.room.message is not None:
        sys.exit(f"The run said: {reader.room.message.text}")
    settle(1.0)


def start(reader: Any) -> None:
    """Accept the model and begin a run."""
    room = reader.room
    room.models.accept(room.models.selected_id)
    room.run.start("cpu")


def open_chest(reader: Any) -> None:
    """Open the chest radiograph with a context; age, sex and view are those of its header."""
    reader.open_sample("chest-radiograph")
    room = reader.room
    room.models.select("chest-xr")
    indication, history = TEXTS[room.language]
    room.context.set_indication(indication)
    room.context.set_history(history)
    for name, value, unit in LABORATORY:
        room.context.set_value(name, value, unit)
    settle()


def show_first_finding(reader: Any) -> None:
    """Select the finding that stands first, with its heat map; the lungs as outlines below it."""
    room = reader.room
    room.evidence.set_visible(True)
    room.evidence.set_opacity(0.45)
    for row in room.segments.rows():
        room.segments.set_opacity(row.segmentation_id, row.segment_id, 0.0)
    room.findings.select(room.findings.rows()[0].id)
    settle(0.3)


def scroll_to(reader: Any, part: Any, offset: int = 0) -> None:
    """Bring a part to the top of the panel."""
    settle(0.2)
    bar = reader.panel.ui.scrollArea.verticalScrollBar()
    bar.setValue(part.widget.y + offset)
    settle(0.1)


def open_brain(reader: Any) -> None:
    """Open the brain, to be read at both hippocampi."""
    from MedMMSlicerLib.samples import list_samples

    reader.open_sample("mni-t1")
    points = next(sample.points_ras for sample in list_samples() if sample.id == "mni-t1")
    reader.room.models.select("hippocampus-mr")
    reader.room.run.set_points(points)
    settle()


def shoot_chest(studio: Studio) -> None:
    """The whole reader with the radiograph, and the parts that it fills."""
    with studio.reader("dark") as reader:
        open_chest(reader)
        analyze(reader)
        show_first_finding(reader)
        scroll_to(reader, reader.panel.findings)
        studio.window(reader, "reader-chest")


def shoot_parts(studio: Studio) -> None:
    """Five of the six parts, from the radiograph."""
    with studio.reader() as reader:
        open_chest(reader)
        analyze(reader)
        show_first_finding(reader)
        panel = reader.panel
        for part in (panel.case, panel.context, panel.analyze, panel.findings, panel.report):
            studio.part(reader, part, f"part-{part.ui_name.lower()}")


def shoot_what_if(studio: Studio) -> None:
    """A finding that the context counts for, after two laboratory values were changed."""
    with studio.reader() as reader:
        open_chest(reader)
        analyze(reader)
        rows = reader.room.findings.rows()
        reader.room.findings.select(next(row.id for row in rows if row.name == PROGNOSIS))
        # The model moves little: values far off are needed to see it.
        reader.room.context.set_value("ldh", "5000", "U/L")
        reader.room.context.set_value("po2", "200", "mm[Hg]")
        settle(0.1)
        wait_for(lambda: not reader.room.run.state.busy, "the update")
        settle(0.3)
        studio.part(reader, reader.panel.findings, "what-if")


def shoot_looks(studio: Studio) -> None:
    """The whole panel: light, dark, Chinese."""
    for name, theme, language in (
        ("panel-light", "light", "en"),
        ("panel-dark", "dark", "en"),
        ("panel-zh-CN", "light", "zh-CN"),
    ):
        with studio.reader(theme, language) as reader:
            open_chest(reader)
            analyze(reader)
            show_first_finding(reader)
            studio.panel(reader, name)


def shoot_brain(studio: Studio) -> None:
    """The whole reader with the MR study, its segments, and the editor."""
    with studio.reader("dark") as reader:
        open_brain(reader)
        analyze(reader)
        rows = reader.room.segments.rows()
        reader.panel.segments.select(rows[0].segment_id)
        zoom_in(reader)
        wait_for(lambda: has_surfaces(reader), "the surfaces")
        settle(1.0)
        reader.views["1"].look_from("anterior")
        scroll_to(reader, reader.panel.segments)
        studio.window(reader, "reader-mr")
        reader.host.edit_segment(rows[0].segmentation_id, rows[0].segment_id)
        scroll_to(reader, reader.panel.segments)
        studio.window(reader, "segment-editor")
        reader.docks.stop_editor()
        reader.choose_theme("light")
        studio.part(reader, reader.panel.segments, "part-segments")


def has_surfaces(reader: Any) -> bool:
    """Whether the segments are seen in 3D."""
    rows = reader.room.segments.rows()
    return all(reader.room.segments.is_shown_in_3d(row.segmentation_id) for row in rows)


def zoom_in(reader: Any) -> None:
    """Zoom the slice views a little, as a reader would for a small structure."""
    for name in ("Red", "Yellow", "Green"):
        reader.views[name].zoom(2.2)


def shoot_run(studio: Studio) -> None:
    """A run in progress, and then its worker process killed."""
    with studio.reader("dark") as reader:
        open_brain(reader)
        room = reader.room
        start(reader)
        wait_for(lambda: room.run.state.stage == "network" and room.run.state.fraction > 0, "the network")
        # A worker that stands still can not be through before it is killed.
        os.kill(room.run._worker.pid, signal.SIGSTOP)
        hold(reader)
        CLOCK.now_s += 2.4
        reader.panel.analyze.show_progress()
        scroll_to(reader, reader.panel.analyze)
        studio.window(reader, "run-in-progress")
        os.kill(room.run._worker.pid, signal.SIGKILL)
        release(reader)
        wait_for(lambda: room.message is not None, "the message about the worker")
        studio.window(reader, "error-worker")


def shoot_error(studio: Studio) -> None:
    """A file that can not be read."""
    with studio.reader("light") as reader:
        open_brain(reader)
        (studio.scratch / "broken.nii.gz").write_bytes(b"This is no image.")
        before = Path.cwd()
        # The message names the file as it was given.
        os.chdir(studio.scratch)
        try:
            reader.open([Path("broken.nii.gz")])
        finally:
            os.chdir(before)
        studio.window(reader, "error-file")


def hold(reader: Any) -> None:
    """Stop asking the worker, so that the progress stands still."""
    reader.panel._poll_timer.stop()


def release(reader: Any) -> None:
    """Go on asking the worker."""
    reader.panel._poll_timer.start()


SHOTS: dict[str, Callable[[Studio], None]] = {
    "chest": shoot_chest,
    "parts": shoot_parts,
    "what-if": shoot_what_if,
    "looks": shoot_looks,
    "brain": shoot_brain,
    "run": shoot_run,
    "error": shoot_error,
}


def prepare(scratch: Path) -> None:
    """Start Qt and MRML without a screen, with fixed letters and clocks."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from MedMMSlicerHost import slicer_environment
    from MedMMSlicerHost.application import HostApplication

    slicer_environment.install(HostApplication.instance(), scratch / "settings")
    import qt
    from MedMMSlicerLib.overlay.lettering import can_write_chinese, font_for

    if not can_write_chinese():
        sys.exit("This machine has no font with Chinese characters: install one, e.g. fonts-wqy-zenhei.")
    number = qt.QFontDatabase.addApplicationFont(str(font_for("中", 12).path))
    for family in qt.QFontDatabase.applicationFontFamilies(number):
        qt.QFont.insertSubstitution(LETTERS[0], family)
        break
    qt.QApplication.setFont(qt.QFont(*LETTERS))
    stop_clocks()


def stop_clocks() -> None:
    """Let runs take a fixed time, on a fixed day."""
    from MedMMSlicerLib.reading import run_desk

    run_desk.time = CLOCK
    run_desk.datetime = SimpleNamespace(now=lambda _zone: datetime(2025, 1, 1, 9, 0, tzinfo=UTC))


def main() -> None:
    """Make the pictures, and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--only", nargs="+", choices=SHOTS, default=tuple(SHOTS))
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch))
        studio = Studio(chosen.folder.resolve(), Path(scratch))
        for name in chosen.only:
            SHOTS[name](studio)
    size = sum(path.stat().st_size for path in chosen.folder.glob("*.png"))
    sys.stdout.write(f"{size} bytes in all\n")
    if size > LIMIT_BYTES:
        sys.exit(f"More than {LIMIT_BYTES} bytes: use fewer colors or smaller windows.")


if __name__ == "__main__":
    main()
