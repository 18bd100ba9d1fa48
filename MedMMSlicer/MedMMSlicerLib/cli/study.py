"""``medmm study``: reader studies, from protocol to statistics. The commands stand in ``study_*.py``."""

from __future__ import annotations

import typer

from .study_analysis import analyze_study, import_ratings, simulate_study
from .study_run import (
    assign_study,
    check_study,
    collect_results,
    create_study_folder,
    enroll_machine,
    export_results,
    make_packages,
    open_study_package,
    record_deviation,
    show_status,
)

__all__ = ["study_app"]

study_app = typer.Typer(
    help="Reader studies: with and without AI, from protocol to statistics.", no_args_is_help=True
)

study_app.command("create")(create_study_folder)
study_app.command("check")(check_study)
study_app.command("assign")(assign_study)
study_app.command("package")(make_packages)
study_app.command("open")(open_study_package)
study_app.command("results")(export_results)
study_app.command("enroll")(enroll_machine)
study_app.command("collect")(collect_results)
study_app.command("status")(show_status)
study_app.command("deviation")(record_deviation)
study_app.command("import")(import_ratings)
study_app.command("analyze")(analyze_study)
study_app.command("simulate")(simulate_study)
