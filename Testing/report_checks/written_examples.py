"""The written examples as reports, findings and expected remarks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from MedMMSlicerLib.core import (
    CodedConcept,
    Finding,
    Measurement,
    OperatingPoint,
    Report,
    ReportSection,
    ReportSentence,
)
from MedMMSlicerLib.reporting.checks import CheckContext, Remark, check_report

EXAMPLES = Path(__file__).with_name("examples")
SECTIONS = {"X": "examination", "D": "indication", "T": "technique", "C": "comparison", "F": "findings",
            "M": "measurements", "I": "impression", "L": "limitations"}  # fmt: skip
FILLER = {"en": "As stated above.", "zh-CN": "如上所述。"}

CONCEPTS: dict[str, tuple[str, str, str, str]] = {
    "pneumonia": ("233604007", "SCT", "Pneumonia", "肺炎"),
    "consolidation": ("95436008", "SCT", "Consolidation", "肺实变"),
    "atelectasis": ("46621007", "SCT", "Atelectasis", "肺不张"),
    "edema": ("19242006", "SCT", "Edema", "肺水肿"),
    "effusion": ("60046008", "SCT", "Effusion", "胸腔积液"),
    "pneumothorax": ("36118008", "SCT", "Pneumothorax", "气胸"),
    "nodule": ("427359005", "SCT", "Lung nodule", "肺结节"),
    "cardiomegaly": ("8186001", "SCT", "Cardiomegaly", "心影增大"),
    "emphysema": ("87433001", "SCT", "Emphysema", "肺气肿"),
    "fracture": ("125605004", "SCT", "Fracture", "骨折"),
    "rib-fracture": ("33737001", "SCT", "Rib fracture", "肋骨骨折"),
    "cirrhosis": ("19943007", "SCT", "Cirrhosis", "肝硬化"),
    "pulmonary-embolism": ("59282003", "SCT", "Pulmonary embolism", "肺栓塞"),
    "aortic-dissection": ("308546005", "SCT", "Aortic dissection", "主动脉夹层"),
    "intracranial-hemorrhage": ("1386000", "SCT", "Intracranial hemorrhage", "颅内出血"),
    "breast-mass": ("89164003", "SCT", "Breast mass", "乳腺肿块"),
    "liver-lesion": ("300331000", "SCT", "Liver lesion", "肝脏病灶"),
    "liver-cyst": ("85057007", "SCT", "Liver cyst", "肝囊肿"),
    "fatty-liver": ("197321007", "SCT", "Hepatic steatosis", "脂肪肝"),
    "gallstone": ("235919008", "SCT", "Gallstones", "胆囊结石"),
    "hydronephrosis": ("43064006", "SCT", "Hydronephrosis", "肾积水"),
    "liver": ("10200004", "SCT", "Liver", "肝脏"),
    "spleen": ("78961009", "SCT", "Spleen", "脾脏"),
    "hippocampus": ("5366008", "SCT", "Hippocampus", "海马"),
    "hippocampus-anterior": ("5366008", "SCT", "Anterior hippocampus", "海马前部"),
    "hippocampus-posterior": ("5366008", "SCT", "Posterior hippocampus", "海马后部"),
    "lung-left": ("39607008", "SCT", "Left lung", "左肺"),
    "lung-right": ("39607008", "SCT", "Right lung", "右肺"),
}
QUANTITIES: dict[str, tuple[str, str, str, str]] = {
    "volume": ("118565006", "SCT", "Volume of {}", "{}体积"),
    "area": ("42798000", "SCT", "Area of {}", "{}面积"),
    "diameter": ("81827009", "SCT", "Diameter of {}", "{}直径"),
    "density": ("112031", "DCM", "Attenuation of {}", "{}密度"),
    "asymmetry": ("asymmetry-index", "99MEDMM", "Asymmetry index of {}", "{}不对称指数"),
}


@dataclass(frozen=True)
class Expected:
    """A remark that must come; ``place`` is ``findings-1``, ``f1`` or a section id."""

    rule: str
    place: str
    span: str = ""
    fix: str | None = None


@dataclass
class Example:
    """One written example."""

    name: str
    language: str
    findings: list[Finding] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)
    sections: dict[str, list[ReportSentence]] = field(default_factory=dict)
    expected: list[Expected] = field(default_factory=list)

    @property
    def report(self) -> Report:
        """The report, with filler in what the example does not name."""
        sections = dict(self.sections)
        for name in ("findings", "impression"):
            filler = ReportSentence(f"{name}-filler", FILLER[self.language], "template")
            sections.setdefault(name, [filler])
        ordered = [name for name in SECTIONS.values() if name in sections]
        return Report("Report", self.language, "Research use only.",
                      tuple(ReportSection(name, name, tuple(sections[name])) for name in ordered),
                      "2024-03-05T10:00:00")  # fmt: skip

    @property
    def context(self) -> CheckContext:
        """What the caller knows."""
        return CheckContext(
            patient_names=tuple(self.known.get("name", ())),
            patient_ids=tuple(self.known.get("id", ())),
            birth_dates=tuple(self.known.get("birth", ())),
            other_identifiers=tuple(self.known.get("other", ())),
            required_sections=("findings", "impression", *self.known.get("required", ())),
        )

    def check(self) -> tuple[Remark, ...]:
        """The remarks on it."""
        return check_report(self.report, self.findings, self.measurements, (), self.context)

    def text_of(self, remark: Remark) -> str:
        """What the remark points at."""
        for sentences in self.sections.values():
            for sentence in sentences:
                if sentence.id == remark.sentence_id:
                    return sentence.text[remark.start : remark.stop]
        return ""


def read_examples(half: str) -> list[Example]:
    """All examples of a set, in both languages: ``development``, ``held-out``, ``held-out-2``, ..."""
    found = []
    for path in sorted(EXAMPLES.glob(f"{half}.*.txt")):
        blocks = re.split(r"^\[([^\]]+)\]$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found += [read_example(name, body) for name, body in zip(blocks[1::2], blocks[2::2], strict=True)]
    return found


def read_example(name: str, body: str) -> Example:
    """One example from its block."""
    example = Example(name, "zh-CN" if name.startswith("zh") else "en")
    lines = [line for line in body.splitlines() if line.strip()]
    for line in sorted(lines, key=lambda line: not line.startswith("m:")):
        if line.startswith("= "):
            example.expected.append(_expected(line, example))
            continue
        key, _, value = line.partition(":")
        if key == "f":
            example.findings.append(_finding(value.split(), example))
        elif key == "m":
            example.measurements.append(_measurement(value.split()))
        elif key == "c":
            what, _, rest = value.strip().partition(" ")
            example.known.setdefault(what, []).append(rest)
        else:
            _sentence(SECTIONS[key], value.strip(), example)
    return example


def _sentence(section: str, text: str, example: Example) -> None:
    sentences = example.sections.setdefault(section, [])
    if not text:
        return
    text, _, links = text.partition("^")
    ids = tuple(_linked(link, example) for link in links.split())
    author = "model" if ids else "reader"
    sentences.append(ReportSentence(f"{section}-{len(sentences) + 1}", text.strip(), author, ids))


def _linked(link: str, example: Example) -> str:
    items: list[Finding] | list[Measurement] = example.findings if link[0] == "f" else example.measurements
    return items[int(link[1:]) - 1].id


def _finding(words: list[str], example: Example) -> Finding:
    value, scheme, english, chinese = CONCEPTS[words[0]]
    sides = [word for word in words[1:] if word in ("left", "right", "bilateral")]
    states = [word for word in words[1:] if word in ("proposed", "accepted", "rejected", "edited")]
    numbers = dict(word.split("=") for word in words if "=" in word)
    owned = [example.measurements[int(word[1:]) - 1].id for word in words if re.fullmatch(r"m\d+", word)]
    point = OperatingPoint(float(numbers["t"])) if "t" in numbers else None
    return Finding(
        id="-".join(["f", words[0], *sides]),
        concept=CodedConcept(value, scheme, english),
        name={"en": english, "zh-CN": chinese},
        laterality=sides[0] if sides else "",
        measurement_ids=tuple(owned),
        probability=float(numbers["p"]) if "p" in numbers else None,
        operating_point=point,
        status=states[0] if states else "accepted",
    )


def _measurement(words: list[str]) -> Measurement:
    quantity, structure, *side, value, unit = words
    code, scheme, english, chinese = QUANTITIES[quantity]
    _, _, name_en, name_zh = CONCEPTS[structure]
    laterality = side[0] if side and side[0] != "-" else ""
    return Measurement(
        id="-".join(["m", structure, laterality, quantity]),
        quantity=CodedConcept(code, scheme, quantity),
        value=float(value),
        unit=unit,
        name={"en": english.format(name_en), "zh-CN": chinese.format(name_zh)},
        laterality=laterality,
    )


def _expected(line: str, example: Example) -> Expected:
    match = re.fullmatch(r'= (\S+) (\S+)(?: "([^"]+)")?(?: -> "([^"]+)")?', line.strip())
    assert match is not None, f"{example.name}: {line}"
    rule, place, span, fix = match.groups()
    if re.fullmatch(r"[A-Z]\d+", place):
        place = f"{SECTIONS[place[0]]}-{place[1:]}"
    return Expected(rule, place, span or "", fix)


def place_of(remark: Remark, example: Example) -> str:
    """Where a remark is, in the words of `Expected`."""
    if remark.sentence_id:
        return remark.sentence_id
    numbers = {finding.id: f"f{index}" for index, finding in enumerate(example.findings, start=1)}
    named = [numbers[name] for name in remark.evidence_ids if name in numbers]
    return named[0] if named else remark.section_id
