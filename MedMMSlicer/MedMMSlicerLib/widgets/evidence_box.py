"""Why a finding has its probability: the operating point, what moved it, and why not to trust it."""

from __future__ import annotations

from typing import Any

import qt

from .delegates import EffectDelegate
from .finding_texts import doubts_text, effect_of
from .tables import fit_rows, prepare_table, set_cell

__all__ = ["EvidenceBox"]

_INPUT, _EFFECT = range(2)


class EvidenceBox:
    """The box below the table of findings.

    Parameters
    ----------
    ui : object
        Children of the findings part by name.
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self._contributions: tuple[Any, ...] = ()
        table = ui.contributionsTable
        prepare_table(table, 2)
        table.horizontalHeader().setVisible(False)
        table.setSelectionMode(qt.QAbstractItemView.NoSelection)
        table.setFocusPolicy(qt.Qt.NoFocus)
        self._effects = EffectDelegate(table, self._effect)
        table.setItemDelegateForColumn(_EFFECT, self._effects)
        for label in (ui.doubtsLabel, ui.pointLabel, ui.methodLabel, ui.findingLabel):
            label.setTextFormat(qt.Qt.PlainText)

    def show(self, row: Any, explanation: Any) -> None:
        """Show the evidence of a finding; nothing for None."""
        ui = self._ui
        ui.evidenceBox.setVisible(row is not None)
        if row is None:
            self._contributions = ()
            return
        ui.findingLabel.setText(row.name)
        _show_text(ui.pointLabel, explanation.point_text or row.point_text)
        self._show_contributions(explanation.contributions)
        has_doubts = row.probability is not None or bool(explanation.doubts)
        ui.doubtsTitleLabel.setVisible(has_doubts)
        _show_text(ui.doubtsLabel, doubts_text(explanation.doubts) if has_doubts else "")
        _show_text(ui.methodLabel, explanation.method)

    def _show_contributions(self, contributions: tuple[Any, ...]) -> None:
        self._contributions = tuple(contributions)
        table = self._ui.contributionsTable
        table.setRowCount(len(self._contributions))
        for number, item in enumerate(self._contributions):
            effect = self._effect(number).text
            tip = f"{item.label} {item.value_text}: {effect}"
            set_cell(
                table, number, _INPUT, "\n".join(part for part in (item.label, item.value_text) if part), tip
            )
            set_cell(table, number, _EFFECT, effect, tip)
        table.resizeRowsToContents()
        fit_rows(table, max(len(self._contributions), 1))
        # The bars are drawn from the rows: cells whose text stayed the same may look different all the same.
        table.viewport().update()
        for widget in (table, self._ui.contributionsLabel):
            widget.setVisible(bool(self._contributions))

    def _effect(self, number: int) -> Any:
        if number >= len(self._contributions):
            return None
        limit = max(abs(item.delta) for item in self._contributions)
        return effect_of(self._contributions[number], limit)


def _show_text(label: Any, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
