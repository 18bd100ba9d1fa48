"""Model cards: a Jinja2 template per bundle, filled with figures that were measured."""

from __future__ import annotations

from typing import Any

import jinja2

from .export import Parity
from .recipe import RECIPE_FOLDER, SegmentationRecipe
from .segmentation import Split

__all__ = ["render_card"]


def render_card(
    recipe: SegmentationRecipe,
    split: Split,
    parity: Parity,
    figures: dict[str, dict[str, Any]],
    logs: list[list[dict[str, Any]]],
) -> str:
    """Fill ``recipes/<bundle>.card.md.j2``.

    Parameters
    ----------
    figures : dict
        ``validation`` and ``test``: the content of ``metrics.json``.
    logs : list
        Per member the validation records of training.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(RECIPE_FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template(f"{recipe.bundle}.card.md.j2")
    return template.render(recipe=recipe, split=split, parity=parity, figures=figures, logs=logs)
