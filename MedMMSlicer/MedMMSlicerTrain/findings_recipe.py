"""Recipes of the task ``image-findings``: radiograph or ultrasound image to findings, regions and prognosis.

Everything that differs between two such bundles is data in the TOML file: which tables hold the labels, by
which rules, which columns are clinical context, what is segmented, and how long to train.
"""

from __future__ import annotations

import csv
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from MedMMSlicerLib.errors import InputError, UsageError

from .recipe import table_to_dataclass

__all__ = [
    "Condition",
    "ContextColumn",
    "FindingsRecipe",
    "FusionTable",
    "ImageInput",
    "OperatingTable",
    "RegionTable",
    "Source",
    "SplitTable",
    "TrainingTable",
    "TrustTable",
    "findings_recipe",
    "read_rows",
]


@dataclass(frozen=True)
class Condition:
    """What a table's cell has to be: one of some texts, a number up to or above a limit, or empty.

    Parameters
    ----------
    column : str
    one_of : list of str
        Texts that fit; empty list: not asked.
    at_most, above : float, optional
        Limits of a number.
    or_empty : bool
        Whether an empty cell fits as well.
    """

    column: str
    one_of: list[str] = field(default_factory=list)
    at_most: float | None = None
    above: float | None = None
    or_empty: bool = False

    def holds(self, row: dict[str, str]) -> bool:
        """Whether the row's cell fits.

        Raises
        ------
        InputError
            If the table has no such column, or the cell is no number where a limit is asked.
        """
        if self.column not in row:
            raise InputError(f"The table has no column '{self.column}'. Correct the recipe or the table.")
        text = row[self.column].strip()
        if not text:
            return self.or_empty
        if self.one_of:
            return text in self.one_of
        try:
            number = float(text)
        except ValueError:
            raise InputError(f"'{text}' in the column '{self.column}' is no number. Correct it.") from None
        return (self.at_most is None or number <= self.at_most) and (
            self.above is None or number > self.above
        )


@dataclass(frozen=True)
class ContextColumn:
    """Where a table keeps a clinical variable; ``texts`` translates the table's words to the bundle's."""

    column: str
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A folder of images with a table.

    Parameters
    ----------
    name, folder, table : str
        ``folder`` below ``--data``; ``table`` a CSV file in it.
    image, patient : str
        Patterns with column names in braces: path of the image, and what must not be split.
    labels : dict of list of Condition
        Finding id to the conditions that all have to hold.
    context : dict of ContextColumn
        Variable of the bundle (``sex``, ``lab.crp``) to its column.
    mask : str
        Pattern of the mask's path; images without such a file have none. Empty: no masks.
    square_masks : bool
        Whether masks were drawn on the largest central square of the image only.
    subgroups : dict of str
        Name of a subgroup to the column whose values make it up.
    """

    name: str
    folder: str
    table: str
    image: str
    patient: str
    labels: dict[str, list[Condition]] = field(default_factory=dict)
    context: dict[str, ContextColumn] = field(default_factory=dict)
    mask: str = ""
    square_masks: bool = False
    subgroups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageInput:
    """``size`` pixels of the square that the network sees, and the percentiles of the clipping."""

    size: int
    clip_percentiles: list[float]


@dataclass(frozen=True)
class SplitTable:
    """Share of the patients kept for the final figures, folds of the others, seed, members.

    Each of the first ``members`` folds (0: all) is unseen by one member, which learns from all others. With a
    ``test_share`` of 0 the final figures are those of each of these folds by its member.
    """

    test_share: float
    folds: int
    seed: int
    members: int = 0


@dataclass(frozen=True)
class TrainingTable:
    """Optimisation of a member.

    Parameters
    ----------
    epochs, batch_size, mask_batch_size : int
        ``mask_batch_size`` images with masks join each batch.
    learning_rate, head_learning_rate, weight_decay, ema_decay : float
    frozen_blocks : int
        Blocks of the encoder, from the input, that keep their pretrained weights.
    label_smoothing, mixup_probability, dropout : float
    rotate_degrees, scale, translate : float
        Largest random rotation, relative change of size, and shift as a share of the image.
    unmark_probability : float
        Share of the training images whose thin bright marks are removed.
    auxiliary : list of str
        Findings that are learnt along and not given out.
    """

    epochs: int
    batch_size: int
    mask_batch_size: int
    learning_rate: float
    head_learning_rate: float
    weight_decay: float
    ema_decay: float
    frozen_blocks: int
    label_smoothing: float
    mixup_probability: float
    dropout: float
    rotate_degrees: float
    scale: float
    translate: float
    unmark_probability: float = 0.0
    auxiliary: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RegionTable:
    """Second stage, in which a new decoder learns alone, from masks and from the network's own outlines.

    Parameters
    ----------
    rounds : int
        In each, the outlines are those of the decoder before it, the first time those of the first stage.
    steps, mask_batch_size, outline_batch_size : int
        Of a round. Each step has images with masks, and images without that are outlined.
    agreement : float
        Least mean Dice between outlines of the changed image and their mean, for an image to be learnt from.
    learning_rate, weight_decay, ema_decay : float
    rotate_degrees, scale, translate : float
        As of `TrainingTable`.
    """

    rounds: int
    steps: int
    mask_batch_size: int
    outline_batch_size: int
    agreement: float
    learning_rate: float
    weight_decay: float
    ema_decay: float
    rotate_degrees: float
    scale: float
    translate: float


@dataclass(frozen=True)
class OperatingTable:
    """The sensitivity that each operating point is chosen for."""

    sensitivity: float
    sensitivities: dict[str, float] = field(default_factory=dict)

    def sensitivity_of(self, name: str) -> float:
        """The sensitivity that is wanted of a finding."""
        return self.sensitivities.get(name, self.sensitivity)


@dataclass(frozen=True)
class TrustTable:
    """Novelty: share of unseen proper images that may be refused, dimensions, counterexamples.

    ``foreign`` are glob patterns below ``--data`` of images of something else.
    """

    refused_share: float
    dimensions: int
    foreign: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FusionTable:
    """The head that adds clinical context.

    Parameters
    ----------
    target, source : str
    copies : int
        Of each row, with random values left out.
    penalties : list of float
        To choose from.
    context_scales : list of float
        To choose from: what the context is multiplied with, beside the image's embedding. The penalty of its
        weights grows with one over the square.
    """

    target: str
    source: str
    copies: int
    penalties: list[float]
    context_scales: list[float] = field(default_factory=lambda: [1.0])


@dataclass(frozen=True)
class FindingsRecipe:
    """A recipe of the task ``image-findings``, as read from TOML.

    ``mirror``: whether each member of the ensemble sees the mirror image, too, at twice the time.
    ``weight_bits``: 16 or 8, for storage only; 8 holds for the weights of large convolutions.
    """

    task: str
    bundle: str
    findings: list[str]
    labels: int
    input: ImageInput
    split: SplitTable
    sources: list[Source]
    training: TrainingTable
    operating: OperatingTable
    trust: TrustTable
    fusion: FusionTable | None = None
    regions: RegionTable | None = None
    mirror: bool = False
    weight_bits: int = 16

    @property
    def members(self) -> int:
        """Networks of the ensemble."""
        return self.split.members or self.split.folds

    @property
    def targets(self) -> list[str]:
        """Findings that the network learns: those given out, then the auxiliary ones."""
        return [*self.findings, *self.training.auxiliary]


def findings_recipe(table: dict[str, Any]) -> FindingsRecipe:
    """Turn a recipe's TOML table into a `FindingsRecipe`.

    Raises
    ------
    UsageError
        If a key is missing or unknown, or a value is not possible.
    """
    kinds = {
        "input": ImageInput,
        "split": SplitTable,
        "training": TrainingTable,
        "operating": OperatingTable,
        "trust": TrustTable,
    }
    values: dict[str, Any] = dict(table)
    for key, kind in kinds.items():
        values[key] = table_to_dataclass(kind, table.get(key, {}), f"[{key}]")
    for key, kind in {"fusion": FusionTable, "regions": RegionTable}.items():
        if key in table:
            values[key] = table_to_dataclass(kind, table[key], f"[{key}]")
    values["sources"] = [_source(item) for item in table.get("sources", [])]
    recipe = table_to_dataclass(FindingsRecipe, values, "the recipe")
    known = {name for source in recipe.sources for name in source.labels}
    wanted = {*recipe.targets, *([recipe.fusion.target] if recipe.fusion else [])}
    if wanted - known:
        raise UsageError(
            f"No source of the recipe labels {', '.join(sorted(wanted - known))}. Add it to [sources.labels]."
        )
    if recipe.regions is not None and not any(source.mask for source in recipe.sources):
        raise UsageError("[regions] needs a source with masks. Add 'mask' to it, or leave [regions] out.")
    if recipe.weight_bits not in (8, 16):
        raise UsageError(f"weight_bits is {recipe.weight_bits}. Use 8 or 16.")
    return recipe


def _source(table: dict[str, Any]) -> Source:
    where = f"source '{table.get('name', '?')}'"
    labels = {
        name: [table_to_dataclass(Condition, item, f"{where}, label '{name}'") for item in conditions]
        for name, conditions in table.get("labels", {}).items()
    }
    context = {
        name: table_to_dataclass(ContextColumn, item, f"{where}, context '{name}'")
        for name, item in table.get("context", {}).items()
    }
    return table_to_dataclass(Source, {**table, "labels": labels, "context": context}, where)


def read_rows(data: Path, source: Source) -> list[dict[str, str]]:
    """Rows of a source's table.

    Raises
    ------
    InputError
        If the table is missing or empty.
    """
    path = data / source.folder / source.table
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror}. Put the data there.") from error
    if not rows:
        raise InputError(f"{path} has no rows. Complete the data.")
    return rows


def shortened(recipe: FindingsRecipe, epochs: int) -> FindingsRecipe:
    """The recipe with another number of epochs."""
    return dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, epochs=epochs))
