"""``medmm evaluate``: figures of a bundle on cases with a reference standard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from .common import Device, console, print_json, progress_control

__all__ = ["evaluate"]


def evaluate(
    bundle: str = typer.Option(help="Bundle id or folder."),
    cases: Path = typer.Option(help="CSV file: case_id, image, and optionally mask, context.*, label.*"),
    out: Path = typer.Option(help="Folder for metrics.json and predictions.csv."),
    device: Device = typer.Option(Device.auto, help="Where the network runs."),
    json: bool = typer.Option(False, "--json", help="Print metrics.json."),
) -> None:
    """Evaluate a bundle on cases with a reference standard, with 95 % intervals."""
    from ..bundles.catalog import BundleCatalog
    from ..evaluation import evaluate as run_evaluation
    from ..evaluation import exit_code
    from ..inference.engine import RunOptions

    with progress_control("Evaluating") as control:
        metrics = run_evaluation(
            BundleCatalog().get(bundle), cases, out, RunOptions(device=device.value), control
        )
    if json:
        print_json(metrics)
    else:
        console.print(_table(metrics))
        failed = f", {metrics['n_failed']} of them failed" if metrics["n_failed"] else ""
        console.print(f"{metrics['n_cases']} cases{failed}; written to {out}", highlight=False)
    if exit_code(metrics):
        raise typer.Exit(exit_code(metrics))


def _table(metrics: dict[str, Any]) -> Table:
    table = Table("what", "metric", "value", "95 % interval", "n")
    for label, values in metrics.get("segmentation", {}).items():
        for name in ("dice", "iou", "hd95_mm"):
            figure = values.get(name)
            if isinstance(figure, dict) and figure.get("mean") is not None:
                median = f" (median {figure['median']:.3f})" if figure.get("median") is not None else ""
                table.add_row(
                    label,
                    name,
                    f"{figure['mean']:.3f}{median}",
                    _interval(figure.get("ci95")),
                    str(values.get("n", "")),
                )
    for finding, values in metrics.get("findings", {}).items():
        for name in ("auc", "sensitivity", "specificity", "brier", "ece"):
            if values.get(name) is not None:
                interval = values.get(f"{name}_ci95")
                table.add_row(
                    finding, name, f"{values[name]:.3f}", _interval(interval), str(values.get("n", ""))
                )
    return table


def _interval(values: list[float] | None) -> str:
    return f"{values[0]:.3f} to {values[1]:.3f}" if values else ""
