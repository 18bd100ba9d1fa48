"""Clinical context: patient facts, texts, laboratory values of the current case."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bundles.manifest import ContextVariable, Manifest
from ..core import ClinicalContext, HeaderFacts, LaboratoryResult
from ..errors import InputError
from .record import CaseRecord, TypedValue
from .rows import ContextFacts, LaboratoryRow
from .words import age_as_text

if TYPE_CHECKING:
    from ..context.issue import ContextReading
    from .room import ReadingRoom

__all__ = ["ContextDesk"]

_FACTS = ("age", "sex", "view")


class ContextDesk:
    """What the reader knows beside the images. Every change may start a what-if run."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    @property
    def facts(self) -> ContextFacts:
        """Age, sex, view, indication, history; empty without a case."""
        record = self._room.record
        if record is None:
            return ContextFacts()
        given = record.context
        context, _ = self.complete(record)
        typed = {item.name: item for item in record.typed if item.name in _FACTS}
        view, age = self.view_of(record), context.age_years
        shown = {
            "age": "" if age is None else age_as_text(age, self._room.language, with_unit=False),
            "sex": context.sex or "",
            "view": view,
        }
        texts = {name: typed[name].text if name in typed else shown[name] for name in _FACTS}
        own = {"age": given.age_years, "sex": given.sex, "view": record.view}
        return ContextFacts(
            age_years=context.age_years,
            sex=context.sex,
            view=view,
            indication=context.indication,
            history=context.history,
            age_text=texts["age"],
            sex_text=texts["sex"],
            view_text=texts["view"],
            from_header=tuple(name for name in _FACTS if shown[name] and own[name] in (None, "")),
            problems=tuple((item.name, item.problem) for item in typed.values() if item.problem),
        )

    def set_age(self, text: str) -> None:
        """Set the age in years; empty: as the header says.

        Raises
        ------
        InputError
            If it is no age; the typed text is kept, and the header's age counts.
        """
        from .context_entry import age_from_text

        self._set_fact("age", text, age_from_text)

    def set_sex(self, text: str) -> None:
        """Set the sex: ``M``, ``F``, ``O`` or a word for it; empty: as the header says. See `set_age`."""
        from .context_entry import sex_from_text

        self._set_fact("sex", text, sex_from_text)

    def set_view(self, text: str) -> None:
        """Set the view of the current image, e.g. ``PA``; empty: as the header says. See `set_age`."""
        from .context_entry import view_from_text

        self._set_fact("view", text, view_from_text)

    def set_indication(self, text: str) -> None:
        """Set the indication; empty: as the header says."""
        self._set_text(indication=text)

    def set_history(self, text: str) -> None:
        """Set the history."""
        self._set_text(history=text)

    def rows(self) -> tuple[LaboratoryRow, ...]:
        """Laboratory values: what the model uses (given or missing) first, then the others."""
        from ..inference.context_vector import encode_context
        from .context_rows import LaboratorySource, laboratory_rows

        record = self._room.record
        if record is None:
            return ()
        used, remarks = self.complete(record)
        variables = self._variables()
        vector = encode_context(variables, used, self.view_of(record))
        source = LaboratorySource(
            record.context,
            used,
            record.typed,
            variables,
            model_values=vector.used,
            model_notes=vector.notes,
            remarks=remarks,
            language=self._room.language,
        )
        return laboratory_rows(source)

    def set_value(self, name: str, text: str, unit: str = "") -> None:
        """Set a laboratory value. What can not be used is kept as typed: its row has the flag ``invalid``
        and says why in ``note``. An empty text removes the value; an empty unit means the usual one.

        Raises
        ------
        InputError
            If there is no name.
        """
        from .context_entry import enter_value

        if not text.strip():
            self.remove(name)
            return
        usual = {item.name.removeprefix("lab."): item.unit for item in self._variables()}
        record = self._room.require_record()
        # What the table itself wrote is no riddle when only the unit beside it is changed.
        shown = any(row.name == name and row.text == text.strip() for row in self.rows())
        entered = enter_value(name, text, unit, usual.get(name, ""), "." if shown else "")
        others = tuple(item for item in record.context.laboratory if item.name != entered.name)
        results = others if entered.result is None else (*others, entered.result)
        typed = TypedValue(entered.name, entered.text, entered.unit, entered.problem, entered.note)
        self._changed(
            context=dataclasses.replace(record.context, laboratory=results),
            typed=(*_without(record.typed, entered.name), typed),
            context_remarks=_without_refusals(record.context_remarks, entered.name),
        )

    def remove(self, name: str) -> None:
        """Remove a laboratory value; one that is not there is ignored."""
        from ..context.analytes import analyte_of_name

        analyte = analyte_of_name(name)
        names = {name, analyte.name if analyte else name}
        record = self._room.require_record()
        kept = tuple(item for item in record.context.laboratory if item.name not in names)
        self._changed(
            context=dataclasses.replace(record.context, laboratory=kept),
            typed=_without(record.typed, *names),
            context_remarks=_without_refusals(record.context_remarks, analyte.name if analyte else name),
        )

    def import_file(self, path: Path) -> tuple[str, ...]:
        """Read JSON, FHIR or CSV into the context; returns the remarks.

        Raises
        ------
        InputError
            If the file can not be read; nothing is changed.
        """
        from ..context.reading import read_context

        return self._take(read_context(Path(path)))

    def paste(self, text: str) -> tuple[str, ...]:
        """Read what was copied from a spreadsheet: name, value, unit; returns the remarks.

        Raises
        ------
        InputError
            If nothing can be read; nothing is changed.
        """
        from .context_entry import read_pasted

        return self._take(read_pasted(text))

    def remarks(self) -> tuple[str, ...]:
        """What was refused or assumed about the context of the current case."""
        record = self._room.record
        if record is None:
            return ()
        return tuple(dict.fromkeys((*record.context_remarks, *self.complete(record)[1])))

    def complete(self, record: CaseRecord | None = None) -> tuple[ClinicalContext, tuple[str, ...]]:
        """The context as a model gets it, with what the image header says, and remarks."""
        from ..context.merge import complete_from_header

        record = record or self._room.require_record()
        return complete_from_header(record.context, _header(record))

    def fingerprint(self, record: CaseRecord, manifest: Manifest) -> str:
        """What of a case the prediction of a bundle rests on, beside voxels.

        Returns
        -------
        str
            Hash of which image it is, a colon, and hash of the context as the bundle sees it.
        """
        from ..inference.context_vector import encode_context

        context, _ = self.complete(record)
        known = record.series.get("current")
        image = (known.series_uid or known.name) if known else ""
        seen = encode_context(manifest.context, context, self.view_of(record))
        known_facts = {name: repr(value) for name, value in seen.used.items()}
        known_facts |= {f"{name} limit": repr(limit) for name, limit in seen.limits.items()}
        facts = json.dumps(known_facts, sort_keys=True)
        return f"{_hash(image)}:{_hash(facts)}"

    def view_of(self, record: CaseRecord) -> str:
        """View of the main image: the reader's, else the header's."""
        return record.view or _header(record).view

    def is_stale(self, record: CaseRecord) -> bool:
        """Whether what the prediction of a case rests on has changed since."""
        manifest = self._room.models.manifest_of(record)
        if manifest is None or not record.prediction_context:
            return False
        return self.fingerprint(record, manifest) != record.prediction_context

    def _set_fact(self, name: str, text: str, read: Callable[[str], Any]) -> None:
        record = self._room.require_record()
        problem, value = "", None
        try:
            value = read(text)
        except InputError as error:
            problem = str(error)
        typed = _without(record.typed, name)
        # An age is shown in completed years; one that was typed more exactly stays as it was typed.
        exact = name == "age" and value is not None and not (value >= 2 and value == int(value))
        if problem or exact:
            typed = (*typed, TypedValue(name, text, problem=problem))
        if name == "view":
            self._changed(view=value or "", typed=typed)
        else:
            changes: dict[str, Any] = {"age_years": value} if name == "age" else {"sex": value}
            self._changed(context=dataclasses.replace(record.context, **changes), typed=typed)
        if problem:
            raise InputError(problem)

    def _set_text(self, **texts: str) -> None:
        record = self._room.require_record()
        context = dataclasses.replace(record.context, **texts)  # type: ignore[arg-type]
        if context != record.context:
            self._changed(context=context)

    def _take(self, reading: ContextReading) -> tuple[str, ...]:
        """Join what was read with what is known: the newer action of the reader wins for undated values."""
        from ..context.issue import ContextReading
        from ..context.merge import merge_readings

        record = self._room.require_record()
        before, known_remarks = self.complete(record)
        names = {item.name for item in reading.context.laboratory}
        kept = tuple(
            item for item in record.context.laboratory if item.name not in names or item.taken_at is not None
        )
        known = dataclasses.replace(record.context, laboratory=kept)
        merged = merge_readings([ContextReading(known), reading])
        context, remarks = _with_age(merged.context, record)
        remarks = (*merged.texts, *remarks)
        if context.age_years != record.context.age_years:
            names = {*names, "age"}
        self._changed(context=context, typed=_without(record.typed, *names), context_remarks=remarks)
        chosen = [text for text in self.complete()[1] if text not in known_remarks]
        # What is not used comes first: the message bar has few lines.
        told = sorted((*chosen, *remarks), key=lambda text: "not used" not in text)
        return (*told, *_still_used(reading, before.laboratory, names, self._room.language))

    def _changed(self, **fields: Any) -> None:
        with self._room.listeners.hold():
            self._room.change("context", "cases", "case", "run", **fields)
            self._room.run.context_changed()

    def _variables(self) -> Sequence[ContextVariable]:
        manifest = self._room.models.manifest(self._room.models.selected_id)
        return manifest.context if manifest else ()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _header(record: CaseRecord) -> HeaderFacts:
    known = record.series.get("current") or next(iter(record.series.values()), None)
    return known.facts if known else HeaderFacts()


def _without(typed: Sequence[TypedValue], *names: str) -> tuple[TypedValue, ...]:
    return tuple(item for item in typed if item.name not in names)


def _without_refusals(remarks: Sequence[str], name: str) -> tuple[str, ...]:
    """Without what was said about refused values of this name, which another value replaces."""
    from ..context.analytes import analytes

    known = analytes().get(name)
    names = (known.name, known.title, *known.aliases) if known else (name,)
    starts = tuple(f"{item} was not used:".casefold() for item in names)
    return tuple(text for text in remarks if not text.casefold().startswith(starts))


def _still_used(
    reading: ContextReading, before: Sequence[LaboratoryResult], replaced: set[str], language: str
) -> tuple[str, ...]:
    """For each value that was refused: the one of before that goes on being used."""
    from ..context.analytes import analytes
    from .context_rows import value_text

    refused = {issue.name for issue in reading.issues if issue.name} - replaced
    kept = [item for item in before if item.name in refused]
    names = {
        item.name: analytes()[item.name].title if item.name in analytes() else item.name for item in kept
    }
    return tuple(
        f"{names[item.name]}: {value_text(item, language)}, given before, is still used." for item in kept
    )


def _with_age(context: ClinicalContext, record: CaseRecord) -> tuple[ClinicalContext, tuple[str, ...]]:
    """A birth date becomes an age at once: it is never stored."""
    from ..context.merge import complete_from_header

    if context.birth_date is None:
        return context, ()
    bare = ClinicalContext(age_years=context.age_years, birth_date=context.birth_date)
    known = HeaderFacts(acquired_at=_header(record).acquired_at)
    completed, remarks = complete_from_header(bare, known)
    return dataclasses.replace(context, age_years=completed.age_years, birth_date=None), remarks
