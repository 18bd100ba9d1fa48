"""Training recipes: what is trained, on what, and how, as data.

A recipe is a TOML file in ``MedMMSlicerTrain/recipes`` (or anywhere, given by its path). Its tables become
the frozen dataclasses below, so that a misspelt or missing key is refused before anything is computed.
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from MedMMSlicerLib.errors import UsageError

_T = TypeVar("_T")

RECIPE_FOLDER = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class DataTable:
    """Where the images lie, and how many volumes are kept away from training.

    Parameters
    ----------
    folder : str
        Folder below ``--data``.
    images : str
        Glob pattern of the images, relative to ``folder``.
    labels : str
        Folder with the reference standard, file by file of the same name.
    test, validation : int
        Number of volumes kept for the final figures and for choices.
    split_seed : int
        Seed of the shuffle before the split.
    """

    folder: str
    images: str
    labels: str
    test: int
    validation: int
    split_seed: int


@dataclass(frozen=True)
class InputTable:
    """What the network sees: ``size`` voxels (K, J, I) of ``spacing_mm`` (K, J, I), clipped at two
    percentiles.
    """

    size: list[int]
    spacing_mm: list[float]
    clip_percentiles: list[float]


@dataclass(frozen=True)
class NetworkTable:
    """Channels per resolution level, number of labels with background, members of the ensemble."""

    channels: list[int]
    labels: int
    members: int


@dataclass(frozen=True)
class AugmentationTable:
    """Random transforms.

    Ranges are in degrees, relative scale, shear and voxels K, J, I. ``affine_probability`` is the share of
    samples that are transformed at all (the others are seen as they are, unblurred by interpolation);
    ``intensity_strength`` scales the probabilities of the intensity transforms.
    """

    rotate_degrees: float
    scale: float
    shear: float
    translate_voxels: list[float]
    reflect_border_probability: float
    affine_probability: float
    intensity_strength: float


@dataclass(frozen=True)
class OptimizerTable:
    """AdamW with linear warm-up, cosine decay and an exponential moving average of the weights."""

    seed: int
    batch_size: int
    steps: int
    warmup_steps: int
    learning_rate: float
    weight_decay: float
    ema_decay: float
    validate_every: int
    patience: int


@dataclass(frozen=True)
class RefinementTable:
    """A second, shorter stage from the best weights of the first, with weaker augmentation."""

    steps: int
    learning_rate: float
    rotate_degrees: float
    scale: float
    affine_probability: float
    intensity_strength: float


@dataclass(frozen=True)
class SegmentationRecipe:
    """A segmentation recipe, as read from TOML."""

    task: str
    bundle: str
    data: DataTable
    input: InputTable
    network: NetworkTable
    augmentation: AugmentationTable
    optimizer: OptimizerTable
    refinement: RefinementTable

    def refined(self) -> SegmentationRecipe:
        """The recipe of the second stage."""
        table = self.refinement
        names = ("rotate_degrees", "scale", "affine_probability", "intensity_strength")
        weaker = dataclasses.replace(self.augmentation, **{name: getattr(table, name) for name in names})
        optimizer = dataclasses.replace(self.optimizer, steps=table.steps, learning_rate=table.learning_rate)
        return dataclasses.replace(self, augmentation=weaker, optimizer=optimizer)


def recipe_names() -> list[str]:
    """Names of the recipes that are shipped."""
    return sorted(path.stem for path in RECIPE_FOLDER.glob("*.toml"))


def read_recipe_table(name_or_path: str) -> dict[str, Any]:
    """Read a recipe's TOML.

    Raises
    ------
    UsageError
        If there is no such recipe or the file is no TOML.
    """
    path = Path(name_or_path)
    if not path.suffix:
        path = RECIPE_FOLDER / f"{name_or_path}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"There is no recipe '{name_or_path}'. Shipped are: {', '.join(recipe_names())}; "
            "or give the path of a .toml file."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The recipe {path} is not valid TOML: {error}. Correct the file.") from error


def segmentation_recipe(table: dict[str, Any]) -> SegmentationRecipe:
    """Turn a recipe's TOML table into a `SegmentationRecipe`.

    Raises
    ------
    UsageError
        If a key is missing or unknown.
    """
    nested = {
        "data": DataTable,
        "input": InputTable,
        "network": NetworkTable,
        "augmentation": AugmentationTable,
        "optimizer": OptimizerTable,
        "refinement": RefinementTable,
    }
    values: dict[str, Any] = dict(table)
    for key, kind in nested.items():
        values[key] = table_to_dataclass(kind, table.get(key, {}), f"[{key}]")
    return table_to_dataclass(SegmentationRecipe, values, "the recipe")


def table_to_dataclass(kind: type[_T], values: dict[str, Any], where: str) -> _T:
    """Make a dataclass of a TOML table.

    Raises
    ------
    UsageError
        If a key without a default is missing, or a key is unknown.
    """
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    missing_type = dataclasses.MISSING
    needed = {
        item.name for item in fields if item.default is missing_type and item.default_factory is missing_type
    }
    missing = sorted(needed - values.keys())
    unknown = sorted(values.keys() - {item.name for item in fields})
    if missing or unknown:
        said = [f"lacks {', '.join(missing)}"] if missing else []
        said += [f"has unknown keys {', '.join(unknown)}"] if unknown else []
        raise UsageError(f"In the recipe, {where} {' and '.join(said)}. Compare it with a shipped recipe.")
    return kind(**values)
