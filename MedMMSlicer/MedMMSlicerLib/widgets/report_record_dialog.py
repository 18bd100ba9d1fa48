"""The record of a report: where it stands, time, what became of the draft, decisions, audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import qt

from ..errors import MedMMError
from .dialogs import PanelDialog
from .report_texts import addenda_text, short_hash, status_text, time_text
from .translation import _

__all__ = ["RecordDialog"]

_MOST_ENTRIES = 200


class RecordDialog(PanelDialog):
    """Shows the record; the audit trail can be saved from here.

    Parameters
    ----------
    parent : QWidget
    room : ReadingRoom
    host : PanelHost
    """

    def __init__(self, parent: Any, room: Any, host: Any) -> None:
        super().__init__(parent, _("Record of the report"), 620, 640)
        self._room, self._host = room, host
        self.browser = qt.QTextBrowser()
        self.browser.setOpenLinks(False)
        self.browser.setAccessibleName(_("Record of the report"))
        self.browser.setHtml(record_html(room))
        self.column.addWidget(self.browser, 1)
        self.close_button, self.save_button = self.add_buttons(
            (_("Close"), self.close), (_("Save audit trail…"), self.save_trail)
        )

    def save_trail(self) -> None:
        """Ask for a file and write the audit trail as JSON Lines."""
        path = self._host.ask_save(_("Save audit trail"), "report-audit.jsonl", _("Audit trail (*.jsonl)"))
        if not path:
            return
        target = Path(path) if Path(path).suffix else Path(f"{path}.jsonl")
        try:
            self._room.report.workflow.save_trail(target)
        except MedMMError as error:
            self._room.tell("error", error)
            return
        self._room.tell("info", _("Saved: {path}").format(path=target))


def record_html(room: Any) -> str:
    """Return the record of the current report as HTML; every text is escaped."""
    document = room.report.workflow.document
    parts = [f"<h3>{escape(_('Status'))}</h3>", _paragraph(status_text(document))]
    parts += [_paragraph(line) for line in addenda_text(document).splitlines()]
    parts += [f"<h3>{escape(_('Time from the first image'))}</h3>", _time(document.reading)]
    parts += [f"<h3>{escape(_('What became of the draft'))}</h3>", _measures(room, document)]
    parts += [f"<h3>{escape(_('Decisions on findings'))}</h3>", _decisions(room, document)]
    parts += [f"<h3>{escape(_('Audit trail'))}</h3>", _trail(document.audit.entries)]
    return "".join(parts)


def _time(reading: Any) -> str:
    text = _("{active} at work, {idle} idle (pauses of more than {limit} s).")
    return _paragraph(
        text.format(
            active=_duration(reading.active_s),
            idle=_duration(reading.idle_s),
            limit=reading.idle_after_ms // 1000,
        )
    )


def _measures(room: Any, document: Any) -> str:
    from ..reporting.document.measures import measure_sections

    try:
        measured = measure_sections(document)
    except MedMMError as error:
        return _paragraph(str(error))
    titles = {section.id: section.title for section in document.report.sections} | {"": _("Whole report")}
    titles = dict(room.report.sections()) | titles
    head = (_("Section"), _("AI text kept"), _("Edit distance"), _("Kept / edited / removed / added"))
    rows = (
        (
            titles.get(item.section_id, item.section_id),
            "–" if item.kept_share is None else f"{100 * item.kept_share:.0f} %",
            _("{characters} characters, {words} words").format(
                characters=item.distance_characters, words=item.distance_words
            ),
            f"{item.kept} / {item.edited} / {item.removed} / {item.added}",
        )
        for item in measured
    )
    return _table(head, rows)


def _decisions(room: Any, document: Any) -> str:
    from ..reporting.document.measures import finding_decisions

    names = {row.id: row.name for row in room.findings.rows()}
    words = {
        "accepted": _("accepted"),
        "rejected": _("rejected"),
        "edited": _("edited"),
        "proposed": _("open"),
        "": _("removed"),
    }
    rows = [
        (
            names.get(item.finding_id, item.finding_id),
            words.get(item.status, item.status),
            time_text(item.last_at),
        )
        for item in finding_decisions(document)
    ]
    if not rows:
        return _paragraph(_("None yet."))
    return _table((_("Finding"), _("Decision"), _("Last changed")), rows)


def _trail(entries: Any) -> str:
    shown = list(entries)[-_MOST_ENTRIES:]
    rows = (
        (str(entry.number), time_text(entry.at), entry.who, _summary(entry), short_hash(entry.sha256))
        for entry in reversed(shown)
    )
    return _table((_("No."), _("Time"), _("Who"), _("What"), _("Hash")), rows)


def _summary(entry: Any) -> str:
    words = {
        "created": _("created"),
        "drafted": _("drafted"),
        "edited": _("edited"),
        "undone": _("undone"),
        "redone": _("done again"),
        "change-taken": _("new draft taken"),
        "change-kept": _("own text kept"),
        "finding": _("finding"),
        "preliminary": _("marked preliminary"),
        "signed": _("signed"),
        "amended": _("addendum"),
        "exported": _("exported"),
        "recovered": _("recovered"),
        "remark": _("note"),
    }
    data = entry.data
    details = ""
    if entry.action == "finding":
        details = f"{data.get('name', '')}: {data.get('before', '')} → {data.get('after', '')}"
    elif entry.action == "exported":
        details = str(data.get("kind", ""))
    elif entry.action == "remark":
        details = str(data.get("reason") or data.get("message") or data.get("remark") or "")
    elif entry.action in ("edited", "drafted", "undone", "redone", "change-taken"):
        details = "; ".join(str(item.get("after") or "−") for item in data.get("sentences", ())[:3])
    text = words.get(entry.action, entry.action)
    return f"{text}: {details}" if details else text


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = "".join(f"<th align='left'>{escape(item)}</th>" for item in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(item))}</td>" for item in row) + "</tr>" for row in rows
    )
    return f"<table cellpadding='3'><tr>{titles}</tr>{lines}</table>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"
