"""The section that says what the draft does not know."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Case, ReadingNote, localized
from .context_notes import translate_note
from .quantities import mid_sentence, sentence_case
from .regions import variable_name
from .source import Line, Lines, Source
from .templates import Wording

__all__ = ["describe_limitations"]


def describe_limitations(
    case: Case, sources: Sequence[Source], common: Wording, remarks: Sequence[str] = ()
) -> Lines:
    """Refusals first, then notes, what was missing, what was not assessed, the model and its intended use."""
    lines: Lines = [
        source.line("refusal", text=text) for source in sources for text in source.prediction.refusals
    ]
    notes = [(series.name, note) for series in case.series.values() for note in series.notes]
    lines += [Line(common.sentence("image_note", name=name, text=note.text)) for name, note in _once(notes)]
    # The remarks of a case repeat the notes on its images, for those that are not part of the reading.
    said = {f"{name}: {note.text}" for name, note in notes}
    lines += [Line(common.sentence("remark", text=text)) for text in remarks if text not in said]
    for source in sources:
        lines += _run(source)
    if sources and not all(source.by_region for source in sources):
        lines.append(Line(common.sentence("not_assessed")))
    return lines


def _once(notes: Sequence[tuple[str, ReadingNote]]) -> list[tuple[str, ReadingNote]]:
    """Notes with the names of their images; what is said about a folder is said with its first image."""
    said: set[object] = set()
    kept = []
    for name, note in notes:
        key = note if note.code == "skipped-file" else (name, note)
        if key not in said:
            said.add(key)
            kept.append((name, note))
    return kept


def _run(source: Source) -> Lines:
    prediction, provenance = source.prediction, source.prediction.provenance
    names = _variable_names(source)
    notes = (translate_note(text, names, source.wording.language) for text in provenance.notes)
    lines = [source.line("run_note", text=text) for text in notes]
    # A report by region has sections of their own for what was missing and what was not assessed.
    if prediction.missing and not source.by_region:
        names = source.joined(variable_name(name, source.wording) for name in prediction.missing)
        lines.append(source.line("missing", names=names))
    if source.rejected and not source.by_region:
        names = source.joined(mid_sentence(source.name_of(finding)) for finding in source.rejected)
        lines.append(source.line("rejected_named", names=names))
    if source.leaves_out_totals:
        lines.append(source.line("rejected_left_out", number=str(len(source.rejected))))
    if prediction.heat_maps:
        lines.append(source.line("heat_map"))
    if prediction.texts:
        lines.append(source.line("text_left_out"))
    if source.template_missing:
        lines.append(source.line("template_unknown", name=source.template_missing))
    lines.append(
        source.line(
            "model",
            version=provenance.bundle_version,
            device=source.device,
        )
    )
    return lines + _intended_use(source)


def _variable_names(source: Source) -> dict[str, str]:
    """What people call the variables of the context, at the start of a sentence."""
    variables = source.manifest.context if source.manifest else ()
    return {item.name: sentence_case(variable_name(item.name, source.wording)) for item in variables}


def _intended_use(source: Source) -> Lines:
    if source.manifest is None:
        return []
    language = source.wording.language
    lines = [source.line("intended_use", text=localized(source.manifest.intended_use, language))]
    if source.manifest.not_for:
        items = [localized(text, language).rstrip(".。") for text in source.manifest.not_for]
        end = "。" if language.startswith("zh") else "."
        lines.append(source.line("not_for", items=source.joined(items, "items") + end))
    return lines
