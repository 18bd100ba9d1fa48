"""A text field in which every sentence knows its id: the view of a report, without the report.

A document is a row of sections, each a heading and one paragraph below it. In the paragraph every character
of a sentence carries the sentence's id as a property of its format; what carries none is new. Headings can
not be changed. What was typed is found by reading the formats of the paragraphs whose text changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import qt

from ..reporting.plain_text import clean_text
from .report_shortcuts import BeforeShortcuts
from .typed_sentences import NEW, Paragraph, Span, TypedSentence, changed_range, divide

__all__ = ["Paragraph", "SentenceEdit", "Span"]

_ID = qt.QTextFormat.UserProperty + 1
_SEPARATOR = " "
_LIST_KEYS = (qt.Qt.Key_Return, qt.Qt.Key_Enter, qt.Qt.Key_Tab, qt.Qt.Key_Backtab, qt.Qt.Key_Escape)
_EDITING_KEYS = (qt.Qt.Key_Backspace, qt.Qt.Key_Delete)
_UNDERLINES = {"model": qt.QTextCharFormat.DotLine, "template": qt.QTextCharFormat.DashUnderline}
_BLOCKS_A_SECTION = 2


@dataclass(frozen=True)
class _Known:
    """A paragraph as it was read last: its text, the sentence of each character, and the sentences."""

    text: str
    ids: list[str]
    typed: tuple[TypedSentence, ...]


class SentenceEdit(qt.QTextEdit):
    """The field.

    Attributes
    ----------
    on_undo, on_redo, on_enter, on_clicked, on_left : callable
        Called for the keys of undo and redo, for Enter, after a click, and before something else gets the
        keyboard.
    on_word : callable
        Called after a key that changed the text.
    completing : callable
        Whether a list of completions is open, to which Return, Tab and Escape belong.
    """

    def __init__(self, parent: Any = None) -> None:
        qt.QTextEdit.__init__(self, parent)
        self.on_undo: Callable[[], object] = _nothing
        self.on_redo: Callable[[], object] = _nothing
        self.on_enter: Callable[[], object] = _nothing
        self.on_clicked: Callable[[], object] = _nothing
        self.on_left: Callable[[], object] = _nothing
        self.on_word: Callable[[], object] = _nothing
        self.completing: Callable[[], object] = _nothing
        self._paragraphs: tuple[Paragraph, ...] = ()
        self._known: dict[int, _Known] = {}
        # The report has a history of its own, in which a sentence is a step and redrafts are none.
        self.setUndoRedoEnabled(False)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self._shortcuts = BeforeShortcuts(self)
        self.installEventFilter(self._shortcuts)

    # ------------------------------------------------------------------ showing

    def show_report(self, paragraphs: Sequence[Paragraph]) -> None:
        """Show a report; what is shown already is left alone, and the cursor stays at its sentence."""
        wanted = tuple(paragraphs)
        outline = [(item.id, item.title) for item in wanted]
        if outline != [(item.id, item.title) for item in self._paragraphs] or not self.is_intact():
            place = self._place()
            self._paragraphs = wanted
            self._write_all()
            self._go_to(place)
            return
        for index, (old, new) in enumerate(zip(self._paragraphs, wanted)):
            typed = self.typed(index)
            same = [clean_text(item.text) for item in typed] == [clean_text(span.text) for span in new.spans]
            known = [(item.id, span.id) for item, span in zip(typed, new.spans) if item.id != span.id]
            if same and not known and old == new:
                continue
            place = self._place()
            self._paragraphs = (*self._paragraphs[:index], new, *self._paragraphs[index + 1 :])
            if not same or any(shown != NEW for shown, _id in known):
                self._write_paragraph(index)
                self._go_to(place)
            elif known or [span.author for span in old.spans] != [span.author for span in new.spans]:
                # In place: a space that was typed last stays, and the cursor where it is.
                self._mark_spans(index, typed, new)

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """What was shown last."""
        return self._paragraphs

    def refresh_colors(self) -> None:
        """Write everything anew: the palette changed."""
        place = self._place()
        self._write_all()
        self._go_to(place)

    def _write_all(self) -> None:
        blocked = self.blockSignals(True)
        scroll = self.verticalScrollBar().value
        self._known = {}
        self.clear()
        cursor = self.textCursor()
        for index, paragraph in enumerate(self._paragraphs):
            if index:
                cursor.insertBlock(_block_format(8), qt.QTextCharFormat())
            else:
                cursor.setBlockFormat(_block_format(0))
            cursor.insertText(paragraph.title, self._heading_format())
            cursor.insertBlock(_block_format(2), qt.QTextCharFormat())
            self._insert_spans(cursor, paragraph.spans)
            self._remember(index)
        self.verticalScrollBar().setValue(scroll)
        self.blockSignals(blocked)

    def _write_paragraph(self, index: int) -> None:
        blocked = self.blockSignals(True)
        cursor = self._select_block(self._block(index))
        cursor.removeSelectedText()
        self._insert_spans(cursor, self._paragraphs[index].spans)
        self._remember(index)
        self.blockSignals(blocked)

    def _insert_spans(self, cursor: Any, spans: Sequence[Span]) -> None:
        for number, span in enumerate(spans):
            if number:
                cursor.insertText(_SEPARATOR, qt.QTextCharFormat())
            cursor.insertText(span.text, self._span_format(span.id, span.author))

    def _remember(self, index: int) -> None:
        """Keep what was just written: reading the format of every character takes long."""
        ids: list[str] = []
        for number, span in enumerate(self._paragraphs[index].spans):
            ids += [""] * (len(_SEPARATOR) if number else 0) + [span.id] * len(span.text)
        text = _SEPARATOR.join(span.text for span in self._paragraphs[index].spans)
        self._known[index] = _Known(text, ids, divide(text, ids))

    def _mark_spans(self, index: int, typed: Sequence[TypedSentence], paragraph: Paragraph) -> None:
        blocked = self.blockSignals(True)
        start = self._block(index).position()
        for item, span in zip(typed, paragraph.spans):
            cursor = self._cursor(start + item.start, start + item.end)
            cursor.setCharFormat(self._span_format(span.id, span.author))
        self._known.pop(index, None)
        self.blockSignals(blocked)

    def _heading_format(self) -> Any:
        made = qt.QTextCharFormat()
        made.setFontWeight(qt.QFont.Bold)
        return made

    def _span_format(self, sentence_id: str, author: str) -> Any:
        made = qt.QTextCharFormat()
        made.setProperty(_ID, sentence_id)
        if author in _UNDERLINES:
            made.setUnderlineStyle(_UNDERLINES[author])
            made.setUnderlineColor(self.palette.color(qt.QPalette.Text))
        return made

    # ------------------------------------------------------------------ reading

    def is_intact(self) -> bool:
        """Whether every heading stands where it should: pasting and dragging may have broken the order."""
        if self.document.blockCount != _BLOCKS_A_SECTION * len(self._paragraphs):
            return not self._paragraphs and not self.plainText
        return all(
            self.document.findBlockByNumber(_BLOCKS_A_SECTION * index).text() == paragraph.title
            for index, paragraph in enumerate(self._paragraphs)
        )

    def changed(self) -> tuple[int, ...]:
        """Numbers of the sections in which something else stands than what was shown."""
        return tuple(
            index
            for index, paragraph in enumerate(self._paragraphs)
            if [(item.id, clean_text(item.text)) for item in self.typed(index)]
            != [(span.id, clean_text(span.text)) for span in paragraph.spans]
        )

    def typed(self, index: int) -> tuple[TypedSentence, ...]:
        """The sentences of a section as they stand in the field; read again only when its text changed."""
        block = self._block(index)
        text = block.text()
        known = self._known.get(index)
        if known is None or known.text != text:
            ids = self._ids_of(block, text, known)
            known = self._known[index] = _Known(text, ids, divide(text, ids))
        return known.typed

    def sentence_at_cursor(self) -> tuple[str, str]:
        """Section and sentence in which the cursor is; the sentence may be empty, both in a heading."""
        position = self.textCursor().position()
        index = self._index_at(position)
        if index is None:
            return "", ""
        place = position - self._block(index).position()
        inside = [item.id for item in self.typed(index) if item.start <= place <= item.end and item.id != NEW]
        return self._paragraphs[index].id, inside[0] if inside else ""

    def _ids_of(self, block: Any, text: str, known: _Known | None) -> list[str]:
        """Return the sentence id of every character of a block, asking Qt only around what changed."""
        first, last = (0, len(text)) if known is None else changed_range(known.text, text)
        before = [] if known is None else known.ids[:first]
        after = [] if known is None or last == len(text) else known.ids[last - len(text) :]
        cursor, start = self.textCursor(), block.position()
        ids = []
        for place in range(first, last):
            # The format of a cursor is that of the character before it.
            cursor.setPosition(start + place + 1)
            ids.append(str(cursor.charFormat().property(_ID) or ""))
        return [*before, *ids, *after]

    # ------------------------------------------------------------------ places

    def highlight(self, sentence_ids: Sequence[str]) -> None:
        """Mark sentences with a background; none: take the marks away."""
        selections = []
        for index in range(len(self._paragraphs) if sentence_ids else 0):
            start = self._block(index).position()
            for item in self.typed(index):
                if item.id and item.id in sentence_ids:
                    mark = qt.QTextEdit.ExtraSelection()
                    mark.cursor = self._cursor(start + item.start, start + item.end)
                    mark.format = self._mark_format()
                    selections.append(mark)
        self.setExtraSelections(selections)

    def _mark_format(self) -> Any:
        color = self.palette.color(qt.QPalette.Highlight)
        made = qt.QTextCharFormat()
        made.setBackground(qt.QBrush(qt.QColor(color.red(), color.green(), color.blue(), 70)))
        return made

    def begin_sentence(self, section_id: str, after: str = "") -> None:
        """Put the cursor where a new sentence of a section is to be typed."""
        index = next((n for n, item in enumerate(self._paragraphs) if item.id == section_id), -1)
        if index < 0:
            return
        block, typed = self._block(index), self.typed(index)
        before = next((item for item in typed if item.id == after), typed[-1] if typed else None)
        place = block.position() + (before.end if before else 0)
        cursor = self.textCursor()
        cursor.setPosition(place)
        if before is not None:
            cursor.insertText(_SEPARATOR, qt.QTextCharFormat())
            cursor.setPosition(place + 1)
        self.setTextCursor(cursor)
        self.setCurrentCharFormat(self._span_format(NEW, "reader"))
        self.setFocus(qt.Qt.OtherFocusReason)

    def set_read_only(self, wanted: bool) -> None:
        """Let the text be read, selected and copied alone, or be changed again."""
        if bool(self.readOnly) == wanted:
            return
        self.setReadOnly(wanted)
        flags = qt.Qt.TextSelectableByMouse | qt.Qt.TextSelectableByKeyboard
        self.setTextInteractionFlags(flags if wanted else qt.Qt.TextEditorInteraction)

    def is_new_at_cursor(self) -> bool:
        """Whether the cursor stands where a sentence would be a new one: in none, or in one not sent yet."""
        position = self.textCursor().position()
        index = self._index_at(position)
        if index is None:
            return False
        place = position - self._block(index).position()
        return not any(item.id != NEW and item.start <= place <= item.end for item in self.typed(index))

    def go_to_sentence(
        self, sentence_id: str, start: int = 0, stop: int = 0, *, at_end: bool = False
    ) -> None:
        """Put the cursor into a sentence and scroll there; ``stop`` above ``start``: select that range."""
        for index in range(len(self._paragraphs)):
            for item in self.typed(index):
                if item.id == sentence_id:
                    begin, length = self._block(index).position() + item.start, item.end - item.start
                    first, last = (length, length) if at_end else (start, max(start, stop))
                    self._show_range(begin + min(first, length), begin + min(last, length))

    def go_to_section(self, section_id: str) -> None:
        """Put the cursor to the beginning of a section and scroll there."""
        for index, paragraph in enumerate(self._paragraphs):
            if paragraph.id == section_id:
                place = self._block(index).position()
                self._show_range(place, place)

    def _show_range(self, first: int, last: int) -> None:
        self.setTextCursor(self._cursor(first, last))
        self.ensureCursorVisible()

    def _place(self) -> tuple[str, str, int]:
        """Section and sentence of the cursor, and its distance from the beginning of that."""
        position = self.textCursor().position()
        index = self._index_at(position) if self._paragraphs and self.is_intact() else None
        if index is None:
            return "", "", position
        start = self._block(index).position()
        for item in self.typed(index):
            if item.start <= position - start <= item.end:
                return self._paragraphs[index].id, item.id, position - start - item.start
        return self._paragraphs[index].id, "", position - start

    def _go_to(self, place: tuple[str, str, int]) -> None:
        section_id, sentence_id, offset = place
        cursor = self.textCursor()
        last = self.document.characterCount() - 1
        position = min(offset, last) if not section_id else 0
        for index, paragraph in enumerate(self._paragraphs):
            if paragraph.id != section_id:
                continue
            block = self._block(index)
            position = block.position() + min(offset, max(block.length() - 1, 0))
            for item in self.typed(index):
                if sentence_id and item.id == sentence_id:
                    position = block.position() + min(item.start + offset, item.end)
        cursor.setPosition(min(position, last))
        self.setTextCursor(cursor)

    def _block(self, index: int) -> Any:
        return self.document.findBlockByNumber(_BLOCKS_A_SECTION * index + 1)

    def _index_at(self, position: int) -> int | None:
        """Return the section whose paragraph holds a position, None in a heading."""
        number = int(self.document.findBlock(position).blockNumber())
        index, rest = divmod(number, _BLOCKS_A_SECTION)
        return index if rest and index < len(self._paragraphs) else None

    def _cursor(self, start: int, end: int) -> Any:
        cursor = self.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(end, qt.QTextCursor.KeepAnchor)
        return cursor

    def _select_block(self, block: Any) -> Any:
        return self._cursor(block.position(), block.position() + block.length() - 1)

    # ------------------------------------------------------------------ what the reader does

    def keyPressEvent(self, event: Any) -> None:
        """Keep headings and paragraphs whole; undo, redo and Enter belong to the report."""
        if event.key() in _LIST_KEYS and self.completing():
            # The list of completions takes what its field does not.
            event.ignore()
        elif event.matches(qt.QKeySequence.Undo):
            self.on_undo()
        elif event.matches(qt.QKeySequence.Redo):
            self.on_redo()
        elif event.key() in (qt.Qt.Key_Return, qt.Qt.Key_Enter):
            self.on_enter()
        elif self._is_edit(event) and not self.may_change(event.key()):
            event.accept()
        else:
            qt.QTextEdit.keyPressEvent(self, event)
            if self._is_edit(event):
                self.on_word()

    def inputMethodEvent(self, event: Any) -> None:
        """Take composed text (Chinese, accents) where typing is allowed."""
        if self.may_change(0) or not event.commitString():
            qt.QTextEdit.inputMethodEvent(self, event)

    def insertFromMimeData(self, source: Any) -> None:
        """Paste and drop as plain text on one line, where typing is allowed."""
        if source.hasText() and self.may_change(0):
            self.textCursor().insertText(" ".join(source.text().split()))

    def focusOutEvent(self, event: Any) -> None:
        """Tell that the keyboard goes elsewhere."""
        qt.QTextEdit.focusOutEvent(self, event)
        self.on_left()

    def mouseReleaseEvent(self, event: Any) -> None:
        """Tell that the reader clicked; a selection with the mouse is no click."""
        qt.QTextEdit.mouseReleaseEvent(self, event)
        if not self.textCursor().hasSelection():
            self.on_clicked()

    def may_change(self, key: int) -> bool:
        """Whether typing (or Backspace, or Delete) here is allowed, and would change one paragraph alone."""
        if self.readOnly:
            return False
        cursor = self.textCursor()
        first, last = cursor.selectionStart(), cursor.selectionEnd()
        index = self._index_at(first)
        if index is None or index != self._index_at(last):
            return False
        if first != last:
            return True
        start = self._block(index).position()
        if key == qt.Qt.Key_Backspace:
            return bool(first > start)
        return bool(key != qt.Qt.Key_Delete or first < start + self._block(index).length() - 1)

    def _is_edit(self, event: Any) -> bool:
        cut_or_paste = event.matches(qt.QKeySequence.Cut) or event.matches(qt.QKeySequence.Paste)
        text = str(event.text())
        return bool(cut_or_paste or event.key() in _EDITING_KEYS or (text and text.isprintable()))


def _block_format(top_margin: int) -> Any:
    made = qt.QTextBlockFormat()
    made.setTopMargin(top_margin)
    return made


def _nothing() -> None:
    """Do nothing."""
