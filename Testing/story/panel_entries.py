"""What each control of the panel is for; see `entries`."""

from __future__ import annotations

import os
import signal
from typing import Any

from .editor_entries import EDITOR, editor_open
from .entries import Entry, Work, cases, drop_other, files_of, in_3d, other
from .hands import settle
from .world import AROUND, CT, FILM, World

__all__ = ["EDITOR", "PANEL"]


def both(action: str, button: str, entry: Entry) -> dict[str, Entry]:
    """The same for an action and for the button of the same meaning."""
    return {action: entry, button: entry}


# ---------------------------------------------------------------------- case


def bare_volume(world: World) -> None:
    """Choose a volume that is no case yet."""
    import numpy as np
    from MedMMSlicerLib.core import Volume, VolumeGeometry
    from MedMMSlicerLib.scene.volumes import add_volume

    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    volume = Volume(array, VolumeGeometry.from_axes(array.shape, (1, 1, 1), (0, 0, 0), np.eye(3)))
    volume_id = add_volume(world.room.scene, volume, name="bare")
    world.panel.case.ui.volumeSelector.setCurrentNodeID(volume_id)
    settle()


def drop_bare(world: World) -> None:
    drop_other(world)
    nodes = world.room.scene.GetNodesByName("bare")
    for index in range(nodes.GetNumberOfItems()):
        world.room.scene.RemoveNode(nodes.GetItemAsObject(index))


def card(world: World) -> bool:
    return any("Model card" in window.windowTitle for window in world.hands.windows())


def current(world: World) -> str:
    return str(world.room.cases.current_id)


def may_adopt(world: World) -> bool:
    return bool(world.panel.case.ui.adoptButton.enabled)


def samples_open(world: World) -> Any:
    """First entry of the menu that opened, or whether the sample menu is shown."""
    return world.popup or bool(world.panel.case._sample_menu.isVisible())


def patient(world: World) -> str:
    return str(world.panel.case.ui.patientLabel.text)


def hide_patient(world: World) -> None:
    world.panel.case.ui.patientButton.setChecked(False)


def roles(world: World) -> Any:
    return sorted(world.room.record.series)


def role_back(world: World) -> None:
    world.room.cases.set_role(current(world), world.room.cases.nodes("volume.other")[0], "current")


CASE: dict[str, Entry] = {
    **both("case.open_files", "CasePart.openFilesButton", Entry(FILM, cases, files_of("file"), drop_other)),
    **both(
        "case.open_folder", "CasePart.openFolderButton", Entry(FILM, cases, files_of("folder"), drop_other)
    ),
    "case.open_sample": Entry(CT, samples_open, expected=True),
    "CasePart.sampleButton": Entry(CT, samples_open),
    **both("case.adopt", "CasePart.adoptButton", Entry(CT, cases, bare_volume, drop_bare)),
    "CasePart.volumeSelector": Entry(CT, may_adopt, bare_volume, drop_bare, False, "None"),
    "case.next": Entry(CT, current),
    "case.previous": Entry(CT, current),
    "CasePart.caseCombo": Entry(CT, current, to="Chest"),
    "CasePart.roleCombo": Entry(FILM, roles, undo=role_back, to="other"),
    **both("case.remove", "CasePart.removeCaseButton", Entry(CT, cases, other)),
    **both("case.patient", "CasePart.patientButton", Entry(FILM, patient, hide_patient, hide_patient)),
    **both("case.card", "CasePart.cardButton", Entry(CT, card, expected=True)),
    "CasePart.modelCombo": Entry(CT, lambda world: world.room.models.selected_id, to="Tiny"),
}

# ---------------------------------------------------------------------- context


def laboratory(world: World) -> dict[str, str]:
    return world.laboratory()


def no_values(world: World) -> None:
    for name in world.laboratory():
        world.room.context.remove(name)
    world.hands.rest()


def copied(world: World) -> None:
    import qt

    no_values(world)
    qt.QApplication.clipboard().setText("CRP\t44\tmg/L\nLDH\t300\tU/L")
    world.hands.click_cell(world.panel.context.ui.laboratoryTable, 1, 0)


def value_file(world: World) -> None:
    no_values(world)
    path = world.folder / "values.csv"
    path.write_text("name,value,unit\nCRP,55,mg/L\n", encoding="utf-8")
    world.answers.files = (str(path),)


def typed_value(world: World) -> None:
    no_values(world)
    world.answers.text = "CRP 66 mg/L"


def one_value(world: World) -> None:
    no_values(world)
    world.room.context.set_value("crp", "77", "mg/L")
    world.hands.rest()
    names = [row.name for row in world.room.context.rows()]
    world.hands.click_cell(world.panel.context.ui.laboratoryTable, names.index("crp"), 0)


_PASTED = Entry(FILM, laboratory, copied, no_values, {"crp": "44", "ldh": "300"})
_IMPORTED = Entry(FILM, laboratory, value_file, no_values, {"crp": "55"})
_REMOVED = Entry(FILM, laboratory, one_value, no_values, {})

CONTEXT: dict[str, Entry] = {
    **both("context.paste", "ContextPart.pasteButton", _PASTED),
    "key.laboratoryTable.Ctrl+V": _PASTED,
    **both("context.import", "ContextPart.importButton", _IMPORTED),
    **both(
        "context.add",
        "ContextPart.addButton",
        Entry(FILM, laboratory, typed_value, no_values, {"crp": "66"}),
    ),
    **both("context.remove", "ContextPart.removeButton", _REMOVED),
    "key.laboratoryTable.Del": _REMOVED,
    "ContextPart.sexCombo": Entry(
        FILM,
        lambda world: world.room.context.facts.sex,
        undo=lambda world: world.room.context.set_sex("F"),
        expected="O",
        to="other",
    ),
    "ContextPart.viewCombo": Entry(
        FILM,
        lambda world: world.room.context.facts.view,
        undo=lambda world: world.room.context.set_view("PA"),
        expected="AP",
        to="AP",
    ),
}

# ---------------------------------------------------------------------- analyze


def outcomes(world: World) -> list[str]:
    """How the runs of this case ended."""
    return [run.outcome for run in world.room.record.runs if run.kind == "analyze"]


def begun(world: World) -> None:
    """A run that does not end by itself: its worker stands still."""
    world.analyze()
    os.kill(world.room.run._worker.pid, signal.SIGSTOP)
    world.hands.click(world.panel.analyze.ui.analyzeButton)
    world.hands.wait(lambda: world.panel.analyze.ui.cancelButton.enabled)


def last_outcome(world: World) -> Any:
    return world.room.run.state.busy, outcomes(world)[-1]


def segments(world: World) -> Any:
    return [(row.name, row.color, row.visible, round(row.opacity, 2)) for row in world.room.segments.rows()]


def fresh_run(world: World) -> None:
    """A case whose only run can be undone."""
    world.open_other()
    world.room.models.select("tiny-chest")
    world.analyze()


def crosshair(world: World) -> None:
    world.room.run.set_point(None)
    world.reader.commands.fit()
    world.reader.commands.crosshair.SetCrosshairRAS(*world.red.center_ras.tolist())
    world.hands.rest()


def a_point(world: World) -> None:
    world.reader.commands.fit()
    world.room.run.set_point(tuple(world.red.center_ras.tolist()))
    world.hands.rest()


def points(world: World) -> int:
    return len(world.room.run.points_ras)


ANALYZE: dict[str, Entry] = {
    **both("analyze.start", "AnalyzePart.analyzeButton", Entry(CT, outcomes)),
    "analyze.cancel": Entry(CT, last_outcome, begun, expected=(False, "cancelled"), running=True),
    "AnalyzePart.cancelButton": Entry(CT, last_outcome, begun, expected=(False, "cancelled"), running=True),
    **both("analyze.undo", "AnalyzePart.undoButton", Entry(FILM, segments, fresh_run, drop_other, [])),
    **both("analyze.place", "AnalyzePart.placeButton", Entry(AROUND, points, crosshair, expected=1)),
    **both("analyze.middle", "AnalyzePart.middleButton", Entry(AROUND, points, a_point, expected=0)),
    "AnalyzePart.deviceCombo": Entry(
        CT,
        lambda world: world.panel.analyze.device,
        undo=lambda world: setattr(world.panel.analyze, "device", "auto"),
        expected="cpu",
        to="CPU",
    ),
}

# ---------------------------------------------------------------------- findings


def status(world: World) -> list[str]:
    return [row.status for row in world.room.findings.rows("name")]


def selected(world: World) -> str:
    return str(world.room.findings.selected_id)


def first(world: World) -> None:
    world.finding(0)


def second(world: World) -> None:
    world.finding(1)


def judge_back(world: World) -> None:
    for row in world.room.findings.rows():
        if row.status != "proposed":
            world.room.findings.set_status(row.id, "proposed")


def edit_frame(world: World) -> bool:
    return bool(world.panel.findings.ui.editFrame.isVisible())


def editing(world: World) -> None:
    first(world)
    world.hands.click(world.panel.findings.ui.editButton)
    world.panel.findings.ui.nameEdit.setText("Something round")


def edited(world: World) -> Any:
    return edit_frame(world), [row.name for row in world.room.findings.rows() if "round" in row.name]


def unedit(world: World) -> None:
    for row in world.room.findings.rows():
        if "round" in row.name:
            world.room.findings.edit(row.id, "Mass", None, None)
    judge_back(world)


def names(world: World) -> list[str]:
    return [row.name for row in world.room.findings.rows()]


def name_of_own(world: World) -> None:
    drop_own(world)
    world.answers.text = "Own finding"


def own(world: World) -> None:
    drop_own(world)
    world.room.findings.add("Own finding")
    world.hands.rest()
    world.finding([row.name for row in world.panel.findings._rows].index("Own finding"))


def drop_own(world: World) -> None:
    for row in world.room.findings.rows():
        if row.name == "Own finding":
            world.room.findings.remove(row.id)


def heat_map(world: World) -> bool:
    return bool(world.room.evidence.visible)


def opacity(world: World) -> float:
    return round(float(world.room.evidence.opacity), 2)


def half_opaque(world: World) -> None:
    rows = world.panel.findings._rows
    world.finding(next(number for number, row in enumerate(rows) if row.heat_map_id))
    world.room.evidence.set_opacity(0.5)
    world.hands.rest()


def order(world: World) -> list[str]:
    return [row.id for row in world.panel.findings._rows]


def first_choices(world: World) -> None:
    for combo in (world.panel.findings.ui.sortCombo, world.panel.findings.ui.filterCombo):
        combo.setCurrentIndex(0)
    world.panel.findings.refresh()


def chosen_side(world: World) -> Any:
    return world.panel.findings.ui.sideCombo.currentData


FINDINGS: dict[str, Entry] = {
    **both("findings.accept", "FindingsPart.acceptButton", Entry(FILM, status, first, judge_back)),
    **both("findings.reject", "FindingsPart.rejectButton", Entry(FILM, status, first, judge_back)),
    **both("findings.edit", "FindingsPart.editButton", Entry(FILM, edit_frame, first, expected=True)),
    "FindingsPart.saveButton": Entry(FILM, edited, editing, unedit, (False, ["Something round"])),
    "FindingsPart.cancelButton": Entry(FILM, edited, editing, unedit, (False, [])),
    **both("findings.add", "FindingsPart.addButton", Entry(FILM, names, name_of_own, drop_own)),
    "findings.remove": Entry(FILM, names, own),
    "key.findingsTable.Del": Entry(FILM, names, own),
    **both("findings.next", "FindingsPart.nextButton", Entry(FILM, selected, first)),
    **both("findings.previous", "FindingsPart.previousButton", Entry(FILM, selected, second)),
    **both("findings.heat_map", "FindingsPart.heatMapCheck", Entry(FILM, heat_map, half_opaque)),
    "findings.more": Entry(FILM, opacity, half_opaque, expected=0.6),
    "findings.less": Entry(FILM, opacity, half_opaque, expected=0.4),
    "FindingsPart.opacitySlider": Entry(FILM, opacity, half_opaque, expected=0.52, to=52),
    "FindingsPart.sortCombo": Entry(FILM, order, first_choices, first_choices, to="Name"),
    "FindingsPart.filterCombo": Entry(FILM, order, first_choices, first_choices, [], "Rejected"),
    "FindingsPart.sideCombo": Entry(FILM, chosen_side, editing, expected="left", to="left"),
}

# ---------------------------------------------------------------------- segments


def far_away(world: World) -> None:
    world.segment()
    world.red.scroll(-30)
    settle()


def center(world: World) -> Any:
    return world.red.center_ras.round(1).tolist()


def one_segment(world: World) -> None:
    world.segment()


def last_segment(world: World) -> None:
    world.segment(len(world.room.segments.rows()) - 1)


def new_name(world: World) -> None:
    world.segment()
    world.answers.text = f"{world.room.segments.rows()[0].name}*"


def new_color(world: World) -> None:
    world.segment()
    row = world.room.segments.rows()[0]
    world.room.segments.set_color(row.segmentation_id, row.segment_id, (200, 100, 50))
    world.hands.rest()


def removed(world: World) -> None:
    last_segment(world)
    world.hands.click(world.panel.segments.ui.removeButton)
    world.hands.rest()


def undo_in_segments(world: World) -> None:
    world.room.segments.undo()


def show_segments(world: World) -> None:
    for row in world.room.segments.rows():
        world.room.segments.set_visible(row.segmentation_id, (row.segment_id,), True)
        world.room.segments.set_opacity(row.segmentation_id, (row.segment_id,), 1.0)


def comparisons(world: World) -> int:
    return int(world.panel.segments.ui.comparisonTable.rowCount)


def compared(world: World) -> None:
    world.compare()


_REMOVE = Entry(CT, segments, last_segment, undo_in_segments)
_JUMP = Entry(CT, center, far_away)
_SHOW = Entry(CT, segments, one_segment, show_segments)
_CHOICE = Entry(CT, comparisons, compared, expected=0)

SEGMENTS: dict[str, Entry] = {
    **both("segments.jump", "SegmentsPart.jumpButton", _JUMP),
    "key.segmentsTable.Return": _JUMP,
    **both("segments.edit", "SegmentsPart.editButton", Entry(CT, editor_open, one_segment, expected=True)),
    "segments.visible": _SHOW,
    "key.segmentsTable.Space": _SHOW,
    **both("segments.color", "SegmentsPart.colorButton", Entry(CT, segments, new_color)),
    **both("segments.rename", "SegmentsPart.renameButton", Entry(CT, segments, new_name)),
    **both("segments.remove", "SegmentsPart.removeButton", _REMOVE),
    **both("segments.undo", "SegmentsPart.undoButton", Entry(CT, segments, removed)),
    **both("segments.surfaces", "SegmentsPart.surfaceButton", Entry(CT, in_3d)),
    **both("segments.keep", "SegmentsPart.keepButton", _CHOICE),
    **both("segments.take", "SegmentsPart.takeButton", _CHOICE),
    "SegmentsPart.opacitySlider": Entry(CT, segments, one_segment, show_segments, to=55),
}

# ---------------------------------------------------------------------- report

_OWN = "Written by hand."


def report_text(world: World) -> list[str]:
    return world.sentences()


def cursor_place(world: World) -> Any:
    editor = world.panel.report.editor
    return editor.sentence_at_cursor(), editor.hasFocus()


def in_first(world: World) -> None:
    world.sentence()


def on_mass(world: World) -> None:
    judge_back(world)
    world.room.findings.select("")
    world.hands.rest()
    world.sentence("Lungs: mass")


def written(world: World) -> None:
    world.room.report.add_sentence("examination", _OWN)
    world.hands.rest()


def unwrite(world: World) -> None:
    while _OWN in world.sentences():
        sentences = [item for part in world.room.report.report.sections for item in part.sentences]
        world.room.report.remove(next(item.id for item in sentences if item.text == _OWN))


def undo_in_report(world: World) -> None:
    world.room.report.undo()


def unwritten(world: World) -> None:
    written(world)
    world.room.report.undo()
    world.hands.rest()


def pending(world: World) -> None:
    """A sentence of the reader whose draft changed afterwards."""
    judge_back(world)
    sentences = [item for part in world.room.report.report.sections for item in part.sentences]
    wanted = next(item for item in sentences if item.text.startswith("Lungs: mass"))
    world.room.report.set_text(wanted.id, f"{wanted.text} I agree.")
    mass = next(row for row in world.room.findings.rows() if row.id == "f-mass")
    world.room.findings.set_status(mass.id, "rejected")
    world.hands.rest()
    assert world.room.report.pending()


def draft_again(world: World) -> None:
    """Take every draft, so that the sentences are the model's again."""
    for item in world.room.report.pending():
        world.room.report.resolve_pending(item.sentence_id, True)
    judge_back(world)
    world.hands.rest()
    for item in world.room.report.pending():
        world.room.report.resolve_pending(item.sentence_id, True)


def waiting(world: World) -> int:
    return len(world.room.report.pending())


def pages(world: World) -> list[str]:
    return sorted(path.name for path in world.folder.glob("*.html"))


def page(name: str) -> Work:
    return lambda world: setattr(world.answers, "save", str(world.folder / name))


def chosen_section(world: World) -> Any:
    return world.panel.report.ui.sectionCombo.currentData


REPORT: dict[str, Entry] = {
    **both("report.add", "ReportPart.addButton", Entry(FILM, cursor_place, in_first)),
    **both("report.evidence", "ReportPart.evidenceButton", Entry(FILM, selected, on_mass, expected="f-mass")),
    **both("report.undo", "ReportPart.undoButton", Entry(FILM, report_text, written, unwrite)),
    **both("report.redo", "ReportPart.redoButton", Entry(FILM, report_text, unwritten, unwrite)),
    **both("report.remove", "ReportPart.removeButton", Entry(FILM, report_text, in_first, undo_in_report)),
    "report.save": Entry(FILM, pages, page("by-key.html")),
    "ReportPart.saveButton": Entry(FILM, pages, page("by-button.html")),
    "ReportPart.startButton": Entry(FILM, report_text, other, drop_other),
    "ReportPart.sectionCombo": Entry(FILM, chosen_section, expected="impression", to="Impression"),
    **both("report.keep", "ReportPart.keepButton", Entry(FILM, waiting, pending, draft_again)),
    **both("report.take", "ReportPart.takeButton", Entry(FILM, waiting, pending, draft_again)),
}

# ---------------------------------------------------------------------- the frame of the panel


def noted(world: World) -> None:
    world.room.tell("info", "Something is noted.")
    settle()


def details(world: World) -> bool:
    return bool(world.panel.ui.messageDetails.isVisible())


def folded(number: int) -> Work:
    return lambda world: bool(world.panel.parts[number].ui.section.collapsed)


def fold(number: int, folds: bool) -> Work:
    return lambda world: setattr(world.panel.parts[number].ui.section, "collapsed", folds)


def key_list(world: World) -> bool:
    return any(window.windowTitle == "Keyboard" for window in world.hands.windows())


def missing(world: World) -> None:
    """As if a package were missing."""
    from types import SimpleNamespace

    bar = world.panel.install_bar
    bar.missing = (SimpleNamespace(distribution="nothing", reason="test"),)
    bar.refresh()
    world.answers.files = (str(world.folder),)
    settle()


class _Installation:
    """One that goes on until it is cancelled."""

    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True

    def close(self) -> None:
        """Nothing to end."""


def installing(world: World) -> None:
    missing(world)
    world.panel.install_bar._installation = _Installation()
    world.panel.install_bar.refresh()
    settle()


def installed(world: World) -> None:
    bar = world.panel.install_bar
    bar._installation, bar.missing = None, ()
    bar.refresh()


def was_cancelled(world: World) -> bool:
    return bool(world.panel.install_bar._installation.cancelled)


def said(world: World) -> str:
    return world.room.message.text if world.room.message else ""


_PARTS = ("Case", "Context", "Analyze", "Findings", "Segments", "Report")

FRAME: dict[str, Entry] = {
    "panel.keyboard": Entry(CT, key_list, expected=True),
    **both("panel.dismiss", "ReadingPanel.dismissButton", Entry(CT, said, noted, expected="")),
    "ReadingPanel.detailsButton": Entry(CT, details, noted, expected=True),
    "ReadingPanel.menuButton": Entry(CT, lambda world: world.popup, expected="Open files…"),
    **{
        f"panel.part{number + 1}": Entry(CT, folded(number), fold(number, True), expected=False)
        for number in range(6)
    },
    **{
        f"{name}Part.section": Entry(CT, folded(number), fold(number, False), fold(number, False), True)
        for number, name in enumerate(_PARTS)
    },
    "ReadingPanel.installButton": Entry(CT, said, missing, installed, "Everything is installed."),
    "ReadingPanel.installFolderButton": Entry(CT, said, missing, installed),
    "ReadingPanel.installCancelButton": Entry(CT, was_cancelled, installing, installed, True),
}

PANEL: dict[str, Entry] = {**CASE, **CONTEXT, **ANALYZE, **FINDINGS, **SEGMENTS, **REPORT, **FRAME}
