"""A study as the engine collects it, small and made up, with every kind of entry."""

from __future__ import annotations

import numpy as np
from MedMMSlicerLib.study.answers import LesionMark
from MedMMSlicerLib.study.protocol import Lesion, Target, Truth
from MedMMSlicerLib.study.results import (
    CollectedStudy,
    Deviation,
    MissingTask,
    PreferenceVote,
    Problem,
    QualityRating,
    SubmittedRead,
)
from MedMMSlicerLib.study.timing import ReadTimes

CASES = 24


def collected_study(
    readers: tuple[str, ...] = ("Ana", "Bo", "Chen"),
    tests: tuple[str, str] = ("unaided", "with AI"),
    title: str = "A made-up study",
) -> CollectedStudy:
    """Targets *fracture* (0 to 100, marks) and *effusion* (1 to 5); the last reader's last read lacks."""
    generator = np.random.default_rng(11)
    cases = tuple(f"case-{index}" for index in range(CASES))
    truth = {
        case: {"fracture": index % 2 == 0, "effusion": index % 3 == 0} for index, case in enumerate(cases)
    }
    lesions = {
        case: {"fracture": (Lesion("L1", (float(index), 0.0, 0.0), 5.0), Lesion("L2", (50.0, 0.0, 0.0), 5.0))}
        for index, case in enumerate(cases)
        if index % 2 == 0
    }
    reads, quality, votes = [], [], []
    for reader in readers:
        for aided, test in enumerate(tests):
            for index, case in enumerate(cases):
                if (reader, test, case) == (readers[-1], tests[1], cases[-1]):
                    continue
                base = 50 + (12 + 12 * aided) * (1 if truth[case]["fracture"] else -1)
                fracture = float(np.clip(round(base + 18 * generator.standard_normal()), 0, 100))
                effusion = float(
                    np.clip(round(3 + (1 if truth[case]["effusion"] else -1) + generator.normal()), 1, 5)
                )
                place = (float(index) + 2.0, 1.0, 0.0) if generator.random() < 0.7 else (200.0, 0.0, 0.0)
                marks = (LesionMark("fracture", fracture, place),) if fracture > 45 else ()
                seconds = float(np.exp(4 - 0.3 * aided + 0.2 * generator.standard_normal()))
                reads.append(
                    SubmittedRead(
                        reader, case, test, test, {"fracture": fracture, "effusion": effusion}, aided + 1, 1,
                        index + 1, marks, times=ReadTimes(seconds, 5.0, 0.0), events={"scroll": 4},
                    )
                )  # fmt: skip
    for evaluator in ("E1", "E2", "E3"):
        for index, case in enumerate(cases[:10]):
            for aided, test in enumerate(tests):
                score = int(np.clip(round(3 + aided + generator.normal() * 0.8), 1, 5))
                quality.append(
                    QualityRating("likert", evaluator, case, test, {"accuracy": score}, readers[0])
                )
                peer = ("1", "1", "1", "2a", "3b")[int(generator.integers(5))]
                quality.append(QualityRating("peer", evaluator, case, test, {"radpeer": peer}, readers[0]))
            choice = ("", tests[0], tests[1], tests[1], tests[1])[int(generator.integers(5))]
            sides = tests if index % 2 else tests[::-1]
            votes.append(PreferenceVote("choice", evaluator, case, *sides, choice, readers[0]))
    return CollectedStudy(
        title=title,
        tests=tests,
        readers=readers,
        cases=cases,
        targets=(Target("fracture", "Fracture", 0, 100, True), Target("effusion", "Effusion", 1, 5)),
        truth=Truth(truth, lesions),
        reads=tuple(reads),
        quality=tuple(quality),
        preferences=tuple(votes),
        deviations=(
            Deviation("protocol_change", "washout 7 days", "2026-01-02T03:04:05Z", "lead", "holiday"),
        ),
        problems=(Problem("duplicate", "Ana.zip", "read of case-3 sent twice", True),),
        missing=(MissingTask(readers[-1], cases[-1], tests[1]),),
        experience_years={readers[0]: 4.0},
        washout_days=14.0,
        protocol_sha256="ab" * 32,
        collected_at="2026-02-01T00:00:00Z",
        notes=("Nobody read anything: this study is made up by a test.",),
    )
