"""Files for other programs: every read as CSV, and the input format of the FDA's iMRMC program.

iMRMC (github.com/DIDSR/iMRMC, read by its ``InputFile`` class) takes free text in which lines ``N0:``,
``N1:``, ``NR:`` and ``NM:`` give the numbers of negative and positive cases, readers and modalities, a line
``BEGIN DATA:``, and then ``reader,case,modality,score`` without a header; the reference standard is a row of
reader ``-1`` for each case with the score 0 or 1. It removes white space inside of names and splits at
commas, so names that would suffer are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .data import StudyData
from .folder import csv_bytes, number_text

__all__ = ["imrmc_bytes", "imrmc_names", "reads_bytes"]

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_RESERVED = {"truth"}


def reads_bytes(study: StudyData) -> bytes:
    """Every planned read as CSV, a row each, with its times and whether it is missing."""
    cases = {case.name: case for case in study.cases}
    header = (
        "reader",
        "test",
        "case",
        "truth",
        "rating",
        "time_s",
        "idle_s",
        "interrupted_s",
        "cluster",
        "status",
    )
    return csv_bytes(
        header,
        (
            (
                read.reader,
                read.test,
                read.case,
                str(int(cases[read.case].positive)),
                number_text(read.rating),
                number_text(read.time_s),
                number_text(read.idle_s),
                number_text(read.interrupted_s),
                cases[read.case].cluster,
                "missing" if read.rating is None else "simulated" if study.synthetic else "read",
            )
            for read in study.reads
        ),
    )


def imrmc_names(names: Sequence[str], letter: str) -> dict[str, str]:
    """Names that iMRMC reads as they are: kept where plain, else ``letter`` and a number."""
    kept = {name for name in names if _PLAIN.fullmatch(name) and name.casefold() not in _RESERVED}
    result = {}
    for index, name in enumerate(names, 1):
        text = name if name in kept else f"{letter}{index}"
        while text in kept and name not in kept:
            text += "_"
        result[name] = text
    return result


def imrmc_bytes(study: StudyData) -> bytes:
    """The ratings in the input format of iMRMC; reads that are missing are left out, as it expects."""
    readers, tests = imrmc_names(study.readers, "reader"), imrmc_names(study.tests, "modality")
    cases = imrmc_names([case.name for case in study.cases], "case")
    read = [item for item in study.reads if item.rating is not None]
    seen = {item.case for item in read}
    used = [case for case in study.cases if case.name in seen]
    positives = sum(case.positive for case in used)
    lines = [
        "MedMM reader study" + (" - SYNTHETIC DATA" if study.synthetic else ""),
        "Research use only. Names with other characters than letters, digits, _ . - were replaced.",
        f"N0: {len(used) - positives}",
        f"N1: {positives}",
        f"NR: {len({item.reader for item in read})}",
        f"NM: {len({item.test for item in read})}",
        "BEGIN DATA:",
        *(f"-1,{cases[case.name]},truth,{int(case.positive)}" for case in used),
        *(
            f"{readers[item.reader]},{cases[item.case]},{tests[item.test]},{number_text(item.rating)}"
            for item in read
        ),
    ]
    return ("\n".join(lines) + "\n").encode("ascii")
