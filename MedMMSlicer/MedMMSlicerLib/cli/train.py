"""``medmm train``: train a bundle from a recipe."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import typer

from ..errors import UsageError
from .common import console, existing_folder

__all__ = ["train"]


def train(
    recipe: str = typer.Argument(help="Name of a shipped recipe, or path of a .toml file."),
    data: Path = typer.Option(help="Folder that holds the recipe's data folder."),
    out: Path = typer.Option(
        help="Receives checkpoints, log and the bundle; a second call goes on where the first stopped."
    ),
    steps: int = typer.Option(0, help="Train only so many steps (for a trial)."),
    parallel: int = typer.Option(1, help="Members of the ensemble trained at the same time."),
) -> None:
    """Train, export to ONNX, check against torch, evaluate on patients kept away, and write the bundle."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("monai") is None:
        raise UsageError('Training needs torch and MONAI. Run: pip install "medmm-slicer[train]"')
    from MedMMSlicerTrain.run import TrainOptions, train_bundle

    bundle = train_bundle(recipe, existing_folder(data), out, TrainOptions(steps=steps, parallel=parallel))
    console.print(f"The bundle is in {bundle.path}")
