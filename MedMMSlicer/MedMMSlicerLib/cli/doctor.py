"""``medmm doctor``: what this machine can do, and what to mend."""

from __future__ import annotations

import typer
from rich.table import Table

from .common import console, print_json

__all__ = ["doctor"]

_MARKS = {"ok": "[green]ok[/]", "warning": "[yellow]note[/]", "problem": "[red]problem[/]"}


def doctor(json: bool = typer.Option(False, "--json", help="Machine-readable output.")) -> None:
    """Check the installation: runtime, GPU, memory, decoders, bundles. Exit code 5 if something is broken."""
    from ..core import to_json
    from ..inference.devices import doctor_report

    report = doctor_report()
    if json:
        print_json(to_json(report))
    else:
        table = Table("", "check", "result", "what to do", title="MedMM doctor", title_justify="left")
        for check in report.checks:
            table.add_row(_MARKS[check.status], check.name, check.text, check.remedy)
        console.print(table)
    if any(check.status == "problem" for check in report.checks):
        raise typer.Exit(5)
