"""Files: which format, hostile content, and the same values in each format."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.context.merge import complete_from_header
from MedMMSlicerLib.context.narrative import text_of_html
from MedMMSlicerLib.context.reading import MAXIMUM_BYTES, read_context, read_contexts
from MedMMSlicerLib.core import ClinicalContext, HeaderFacts
from MedMMSlicerLib.errors import InputError

VALUES = [
    ("1988-5", "12.3", "mg/dL", "2026-01-31T08:00:00+01:00", "0.5"),
    ("1988-5", "4", "mg/L", "2026-01-29T08:00:00+01:00", "5"),
    ("2532-0", "4.5", "ukat/L", "2026-01-31T08:00:00+01:00", "3.5"),
    ("48065-7", "650", "ng/mL", "2026-01-31T08:00:00+01:00", "500"),
    ("731-0", "800", "/uL", "2026-01-31T08:00:00+01:00", "4000"),
    ("751-8", "7.1", "10*3/uL", "2026-01-31T08:00:00+01:00", "7.7"),
    ("2703-7", "8.9", "kPa", "2026-01-31T08:00:00+01:00", "13.3"),
    ("2019-8", "41", "mm[Hg]", "2026-01-31T08:00:00+01:00", "45"),
    ("27815-0", "85", "%", "2026-01-31T08:00:00+01:00", "140"),
    ("2093-3", "210", "mg/dL", "2026-01-31T08:00:00+01:00", "200"),
]
FACTS = HeaderFacts(age_years=75.87, sex="F", acquired_at="2026-01-31T12:00:00")


def _as_json() -> str:
    rows = [
        {
            "loinc": code,
            "value": json.loads(value),
            "unit": unit,
            "taken_at": at,
            "reference_high": json.loads(high),
        }
        for code, value, unit, at, high in VALUES
    ]
    return json.dumps({"laboratory": rows})


def _as_csv(comma: bool) -> str:
    lines = ["loinc;value;unit;taken_at;reference_high"]
    for code, value, unit, at, high in VALUES:
        numbers = [text.replace(".", ",") if comma else text for text in (value, high)]
        lines.append(f"{code};{numbers[0]};{unit};{at};{numbers[1]}")
    return "\n".join(lines)


def _as_fhir(build: Any) -> str:
    return str(
        build.bundle(
            *(
                build.observation(
                    code,
                    json.loads(value),
                    unit,
                    effectiveDateTime=at,
                    referenceRange=[{"high": {"value": json.loads(high)}}],
                )
                for code, value, unit, at, high in VALUES
            )
        )
    )


def test_the_same_values_give_the_same_context_from_every_format(build: Any, read: Any) -> None:
    readings = [read(_as_json()), read(_as_csv(False)), read(_as_csv(True)), read(_as_fhir(build))]
    assert len(readings[0].context.laboratory) == len(VALUES)
    assert all(reading.context == readings[0].context for reading in readings)
    completed = [complete_from_header(reading.context, FACTS) for reading in readings]
    assert all(item == completed[0] for item in completed)
    names = {item.name: item.value for item in completed[0][0].laboratory}
    assert len(names) == len(VALUES) - 1
    assert names["crp"] == 123.0 and names["d_dimer"] == 0.65 and names["lymphocytes"] == 0.8


def test_patient_facts_are_the_same_from_json_and_fhir(build: Any, read: Any) -> None:
    from_json = read('{"birth_date": "1950-03-21", "sex": "F"}').context
    from_fhir = read(build.bundle(build.patient(birthDate="1950-03-21", gender="female"))).context
    assert from_json == from_fhir
    assert complete_from_header(from_fhir, FACTS)[1] == ()


def test_several_files_are_joined(tmp_path: Path) -> None:
    (tmp_path / "patient.json").write_text('{"sex": "F", "history": "COPD"}')
    (tmp_path / "values.csv").write_text("name,value,unit\ncrp,3,mg/L\n")
    reading = read_contexts([tmp_path / "patient.json", tmp_path / "values.csv"])
    assert reading.context.sex == "F" and reading.context.history == "COPD"
    assert [item.name for item in reading.context.laboratory] == ["crp"]


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xef\xbb\xbf"])
def test_empty_files(content: bytes, read: Any) -> None:
    with pytest.raises(InputError, match="empty"):
        read(content)


def test_encodings(read: Any) -> None:
    text = '{"history": "Fieber seit gestern, 38,5 \u00b0C \u53d1\u70ed"}'
    assert read(b"\xef\xbb\xbf" + text.encode()).context.history.endswith("\u53d1\u70ed")
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-32-be"):
        with pytest.raises(InputError, match="UTF-8"):
            read(text.encode(encoding))
    with pytest.raises(InputError, match=r"UTF-8 \(byte"):
        read("name;value;unit\ncrp;3;\u00b5g/ml\n".encode("latin-1"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not valid JSON"),
        ("[]", "object"),
        ('{"sex": "M", "sex": "F"}', "twice"),
        ('{"laboratory": [{"name": "crp", "value": NaN, "unit": "mg/L"}]}', "NaN"),
        ('{"age_years": 1e999}', "too large"),
        ('{"age_years": ' + "9" * 5000 + "}", "too long"),
        ('{"a":' * 100_000, "nested"),
        ("[" * 5_000_000, "nested"),
        ('{"a": [' + "[]," * 1_000_001 + "[]]}", "values"),
        ('{"a": "' + "[" * 1000, "not valid JSON"),
        ("<Bundle xmlns='http://hl7.org/fhir'/>", "XML"),
        ("PK\x03\x04 name value", "neither"),
        ("name,value,unit\ncrp,3\0,mg/L\n", "zero bytes"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_hostile_files_are_refused_quickly(text: str, word: str, read: Any) -> None:
    started = time.perf_counter()
    with pytest.raises(InputError, match=word) as caught:
        read(text, "hostile.json")
    assert time.perf_counter() - started < 20
    assert "hostile.json" in str(caught.value) and len(str(caught.value)) < 500


def test_brackets_inside_of_texts_are_no_nesting(read: Any) -> None:
    text = "[{" * 500 + '\\"' + "\\\\"
    assert read('{"history": "' + text + '"}').context.history.startswith("[{[{")


def test_a_file_of_100_megabytes_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.truncate(100 * 2**20)
    tracemalloc.start()
    with pytest.raises(InputError, match="32 MiB"):
        read_context(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * MAXIMUM_BYTES + 2**20


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_context(tmp_path / "none.json")
    with pytest.raises(InputError, match="can not be read"):
        read_context(tmp_path)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<div><p>One</p><p>Two &amp; three</p></div>", "One\nTwo & three"),
        ("a<script>b</script>c<style>d</style>e", "ace"),
        ("a<script>never closed", "a"),
        ("<b>x</i></b>y", "xy"),
        ("a<!-- b -->c<![CDATA[d]]>", "ac"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("<table><tr><td>CRP</td><td>3</td></tr></table>", "CRP 3"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<script/>after", "after"),
        ("", ""),
    ],
)
def test_narratives(markup: str, text: str) -> None:
    assert text_of_html(markup) == text


def test_a_deep_narrative_is_no_problem() -> None:
    assert text_of_html("<div>" * 30_000 + "x") == "x"


def test_reading_imports_nothing_heavy_before_it_is_needed() -> None:
    import subprocess
    import sys

    code = (
        "import sys; import MedMMSlicerLib.context.reading, MedMMSlicerLib.session;"
        "sys.exit(any(name in sys.modules for name in ('fhir.resources', 'pydantic', 'jsonschema')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_empty_context_is_the_default() -> None:
    assert complete_from_header(ClinicalContext(), HeaderFacts()) == (ClinicalContext(), ())
