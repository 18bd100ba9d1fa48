"""``medmm bundle``: list, show and check model bundles."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.markdown import Markdown
from rich.table import Table

from .common import console, print_json

__all__ = ["bundle_app"]

bundle_app = typer.Typer(help="Model bundles: list, show, check.", no_args_is_help=True)
_JSON = typer.Option(False, "--json", help="Machine-readable output.")


@bundle_app.command("list")
def list_bundles(json: bool = _JSON) -> None:
    """List every bundle that was found, broken ones included."""
    from ..bundles.catalog import BundleCatalog

    entries = BundleCatalog().list()
    rows = [
        {
            "id": entry.id,
            "version": entry.manifest.version if entry.manifest else None,
            "title": entry.manifest.title.get("en", "") if entry.manifest else None,
            "tasks": list(entry.manifest.tasks) if entry.manifest else [],
            "license": entry.manifest.license if entry.manifest else None,
            "path": str(entry.path),
            "error": entry.error or None,
        }
        for entry in entries
    ]
    if json:
        print_json(rows)
        return
    table = Table("id", "version", "title", "tasks", "license", "state")
    for row in rows:
        state = f"[red]{row['error']}[/]" if row["error"] else "[green]ok[/]"
        table.add_row(
            str(row["id"]),
            row["version"] or "",
            row["title"] or "",
            ", ".join(row["tasks"]),
            row["license"] or "",
            state,
        )
    console.print(table)


@bundle_app.command("show")
def show(bundle: str = typer.Argument(help="Id or folder."), json: bool = _JSON) -> None:
    """Show a bundle's card: what it is for, how well it does, what it must not be used for."""
    from ..bundles.catalog import BundleCatalog
    from ..core import to_json

    found = BundleCatalog().get(bundle)
    if json:
        print_json({"path": str(found.path), "sha256": found.sha256, "manifest": to_json(found.manifest)})
        return
    console.print(Markdown(found.card()))
    console.print(
        f"Folder {found.path}\nSHA-256 {found.sha256}\nLicense {found.manifest.license}", highlight=False
    )


@bundle_app.command("check")
def check(folder: Path = typer.Argument(help="Folder of the bundle."), json: bool = _JSON) -> None:
    """Check a bundle and explain every violation by its JSON path. Exit code 4 if there is one."""
    from ..bundles.loading import check_bundle

    violations = check_bundle(folder)
    if json:
        print_json([{"where": item.where, "message": item.message, "hint": item.hint} for item in violations])
    elif not violations:
        console.print(f"[green]{folder} is a valid bundle.[/]")
    else:
        table = Table("where", "what is wrong", "what to do")
        for item in violations:
            table.add_row(item.where, item.message, item.hint)
        console.print(table)
    if violations:
        raise typer.Exit(4)
