"""Answers the recorded questions in the strict host; a program of its own, so that nothing else shapes them.

Usage: replay.py FOLDER [--application]; prints one JSON object: question -> answer.
"""

from __future__ import annotations

import ast
import functools
import gc
import json
import re
import sys
import threading
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np


def namespace(with_application: bool) -> dict[str, Any]:
    """What a recorded question may use."""
    from MedMMSlicerHost import pythonqt

    pythonqt.install()
    import ctk
    import qt

    names: dict[str, Any] = {"ctk": ctk, "functools": functools, "gc": gc, "np": np, "qt": qt}
    if with_application:
        from MedMMSlicerHost import slicer_environment
        from MedMMSlicerHost.application import HostApplication

        environment = slicer_environment.install(HostApplication.instance(), Path.cwd())
        import slicer

        # What the desktop reader supplies.
        window = qt.QMainWindow()
        environment.set_main_window(window)
        environment.layout_manager = window
        names |= {"slicer": slicer, "_window": window}
        application = slicer.app
    else:
        application = qt.QApplication([])

    def process_events(turns: int = 5) -> None:
        for _ in range(turns):
            application.processEvents()

    return names | {"pe": process_events, "threading": threading, "time": time, "_application": application}


def shortened(text: str) -> str:
    """Return the text without addresses and line breaks."""
    return re.sub(r"\s+", " ", re.sub(r"0x[0-9a-f…]+\)*", "0x…", text)).strip()


def answer(question: str, names: dict[str, Any]) -> dict[str, str]:
    """Run a question; its last expression is the answer."""
    tree = ast.parse(question)
    last = tree.body.pop()
    try:
        exec(compile(tree, "recorded", "exec"), names)
        if not isinstance(last, ast.Expr):
            exec(compile(ast.Module([last], []), "recorded", "exec"), names)
            return {}
        value = eval(compile(ast.Expression(last.value), "recorded", "eval"), names)
    except Exception as error:  # noqa: BLE001  which one it is, is the answer
        return {"raises": type(error).__name__, "message": str(error)}
    return {"is": shortened(repr(value)), "of": type(value).__name__}


def main() -> None:
    """Replay all scenarios of a folder."""
    with_application = "--application" in sys.argv
    names = namespace(with_application)
    answers: dict[str, list[dict[str, str]]] = {}
    for path in sorted(Path(sys.argv[1]).glob("*.toml")):
        if (path.stem == "application") is not with_application:
            continue
        for scenario in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]:
            own = dict(names)
            for line in scenario.get("given", []):
                exec(line, own)
            found = [answer(step.get("ask", step.get("do")), own) for step in scenario["steps"]]
            answers[f"{path.stem}: {scenario['title']}"] = found
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
