"""What each control of the report's bars is for; see `entries`."""

from __future__ import annotations

from typing import Any

from .entries import Entry, Work, drop_other
from .hands import settle
from .world import FILM, World

__all__ = ["REPORT_BARS"]

_SLIP = "Left pneumothorax."
"""Nothing of the study supports it."""


def fresh(world: World) -> None:
    """Another study that was analyzed: what is signed there harms no other test."""
    world.open_other()
    world.room.models.select("tiny-chest")
    world.analyze()


def status(world: World) -> str:
    return str(world.room.report.workflow.status)


def signed(world: World) -> None:
    fresh(world)
    world.room.report.workflow.sign("Dr. Li")
    world.hands.rest()


def dialog_title(world: World) -> list[str]:
    return [window.windowTitle for window in world.hands.windows()]


def verified(world: World) -> bool:
    return bool(world.panel.report.workflow.ui.verifyLabel.isVisible())


def unverified(world: World) -> None:
    world.panel.report.workflow.ui.verifyLabel.setVisible(False)


def remarks(world: World) -> list[str]:
    return [item.text for item in world.room.report.review.remarks]


def selected(world: World) -> str:
    return str(world.panel.report.editor.textCursor().selectedText())


def slip(world: World) -> None:
    """A sentence that no finding supports, chosen in the list of checks."""
    fresh(world)
    world.room.report.add_sentence("impression", _SLIP)
    choose(world, lambda remark: remark.severity != "error" and remark.sentence_id)


def before_slip(world: World) -> None:
    """As `slip`; the next one is chosen with the key."""
    slip(world)
    table = world.panel.report.checks.ui.checksList
    table.setCurrentRow((table.currentRow - 1) % table.count)
    world.sentence()


def wrong_name(world: World) -> None:
    """A sentence with the patient's name, which can be taken out for certain."""
    fresh(world)
    world.room.report.add_sentence("impression", "Jane Doe was told.")
    choose(world, lambda remark: remark.fix is not None)


def choose(world: World, wanted: Any) -> None:
    world.hands.rest()
    checks = world.panel.report.checks
    world.hands.wait(lambda: not checks.is_busy, what="the checks")
    found = [number for number, item in enumerate(world.room.report.review.remarks) if wanted(item)]
    checks.ui.checksList.setCurrentRow(found[0])
    settle()


def sentences(world: World) -> list[str]:
    return world.sentences()


def left_behind(world: World) -> None:
    """A report of another session on the same images, and no other one."""
    for path in (world.folder / "recovery").glob("*.recovery"):
        path.unlink()
    fresh(world)
    world.room.report.add_sentence("impression", "Typed before the crash.")
    autosave = world.room.report.workflow.autosave
    autosave.close()
    autosave.use(world.folder / "recovery")
    drop_other(world)
    fresh(world)
    assert world.panel.report.recovery.widget.isVisible()


def offered(world: World) -> int:
    """How many reports may be brought back."""
    return len(world.room.report.workflow.autosave.offers())


def drop_left(world: World) -> None:
    for path in (world.folder / "recovery").glob("*.recovery"):
        path.unlink()
    drop_other(world)
    world.panel.report.recovery._look()


def opens(title: str, prepare: Work = fresh) -> Entry:
    return Entry(FILM, dialog_title, prepare, drop_other, [title])


def both(action: str, button: str, entry: Entry) -> dict[str, Entry]:
    return {action: entry, f"ReportPart.{button}": entry}


REPORT_BARS: dict[str, Entry] = {
    **both("report.preliminary", "preliminaryButton", Entry(FILM, status, fresh, drop_other, "preliminary")),
    **both("report.sign", "signButton", opens("Sign report")),
    **both("report.amend", "addendumButton", opens("Add addendum", signed)),
    **both("report.verify", "verifyButton", Entry(FILM, verified, unverified, expected=True)),
    **both("report.record", "recordButton", Entry(FILM, dialog_title, expected=["Record of the report"])),
    **both("report.insert", "insertButton", Entry(FILM, dialog_title, expected=["Insert into the report"])),
    **both("report.phrases", "phrasesButton", Entry(FILM, dialog_title, expected=["Phrases"])),
    **both("report.export", "exportButton", Entry(FILM, dialog_title, expected=["Export"])),
    "ReportPart.goToButton": Entry(FILM, selected, slip, drop_other),
    "report.check_next": Entry(FILM, selected, before_slip, drop_other),
    **both("report.check_fix", "fixButton", Entry(FILM, sentences, wrong_name, drop_other)),
    **both("report.check_dismiss", "dismissButton", Entry(FILM, remarks, slip, drop_other)),
    "ReportPart.recoverButton": Entry(FILM, sentences, left_behind, drop_left),
    "ReportPart.discardButton": Entry(FILM, offered, left_behind, drop_left),
}
