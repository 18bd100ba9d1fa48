"""``medmm study``: reader studies, from protocol to statistics. The commands stand in ``study_*.py``."""

from __future__ import annotations

import typer

from .study_analysis import analyze_study, import_ratings

__all__ = ["study_app"]

study_app = typer.Typer(
    help="Reader studies: with and without AI, from protocol to statistics.", no_args_is_help=True
)

study_app.command("import")(import_ratings)
study_app.command("analyze")(analyze_study)
