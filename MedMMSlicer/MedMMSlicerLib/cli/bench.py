"""``medmm bench``: how fast this machine reads."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from .common import Device, console, print_json, progress_control

__all__ = ["bench"]


def bench(
    json: bool = typer.Option(False, "--json", help="Machine-readable output."),
    device: Device = typer.Option(Device.auto, help="Where the network runs."),
    repeats: int = typer.Option(3, min=1, help="Runs of each measurement; medians are reported."),
) -> None:
    """Measure the pipeline on a synthetic volume, against MONAI on torch where that is installed."""
    from ..inference.bench import run_bench

    with progress_control("Measuring") as control:
        figures = run_bench(device=device.value, repeats=repeats, control=control)
    if json:
        print_json(figures)
        return
    table = Table("figure", "value")
    for name, value in _flat(figures):
        table.add_row(name, value)
    console.print(table)


def _flat(value: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, item in value.items():
        if isinstance(item, dict):
            rows += _flat(item, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", f"{item:.4g}" if isinstance(item, float) else str(item)))
    return rows
