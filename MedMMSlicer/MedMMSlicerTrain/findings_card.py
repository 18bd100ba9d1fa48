"""The card of a bundle of the task ``image-findings``."""

from __future__ import annotations

from typing import Any

import jinja2
import numpy as np

from .findings_recipe import FindingsRecipe
from .recipe import RECIPE_FOLDER

__all__ = ["render"]


def render(recipe: FindingsRecipe, figures: dict[str, Any]) -> str:
    """Fill in the card's template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(RECIPE_FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["area"] = _area_text
    environment.filters["dice"] = _dice_text
    environment.filters["digits"] = _digits
    environment.globals["mean_area"] = _mean_area
    template = environment.get_template(f"{recipe.bundle}.card.md.j2")
    return template.render(recipe=recipe, **figures)


def _mean_area(figures: dict[str, Any], names: list[str]) -> str:
    areas = [(figures.get(name) or {}).get("auc") for name in names]
    known = [area for area in areas if area is not None]
    return f"{np.mean(known):.3f}" if len(known) == len(names) else "not measurable"


def _digits(value: float | None, digits: int) -> str:
    return "not measurable" if value is None else f"{value:.{digits}f}"


def _dice_text(values: dict[str, Any]) -> str:
    dice = values["dice"]
    if dice.get("mean") is None:
        return "not measurable"
    interval = dice.get("ci95")
    return f"{dice['mean']:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def _area_text(figure: dict[str, Any] | None) -> str:
    if not figure or figure.get("auc") is None:
        return "not measurable"
    if not figure.get("auc_ci95"):
        return f"{figure['auc']:.3f}"
    low, high = figure["auc_ci95"]
    return f"{figure['auc']:.3f} ({low:.3f} to {high:.3f})"
