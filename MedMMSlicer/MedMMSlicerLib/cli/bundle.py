"""``medmm bundle``: list, show and check model bundles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markdown import Markdown
from rich.table import Table

from .common import console, print_json

if TYPE_CHECKING:
    from ..bundles.catalog import BrokenBundle
    from ..bundles.loading import ModelBundle

__all__ = ["bundle_app"]

bundle_app = typer.Typer(help="Model bundles: list, show, check.", no_args_is_help=True)
_FACTS = ("version", "title", "tasks", "license")
_JSON = typer.Option(False, "--json", help="Machine-readable output.")


@bundle_app.command("list")
def list_bundles(json: bool = _JSON) -> None:
    """List every bundle that was found, broken ones included."""
    from ..bundles.catalog import BundleCatalog

    rows = [_row(entry) for entry in BundleCatalog().list()]
    if json:
        print_json(rows)
        return
    table = Table("id", "version", "title", "tasks", "license", "state")
    for row in rows:
        state = f"[red]{row['error']}[/]" if row["error"] else "[green]ok[/]"
        shown = (row[key] or "" for key in ("id", "version", "title", "tasks", "license"))
        table.add_row(*(part if isinstance(part, str) else ", ".join(part) for part in shown), state)
    console.print(table)


def _row(entry: ModelBundle | BrokenBundle) -> dict[str, object]:
    from ..bundles.loading import ModelBundle

    row: dict[str, object] = {"path": str(entry.path)}
    if not isinstance(entry, ModelBundle):
        return {**row, "id": entry.path.name, "error": entry.error} | dict.fromkeys(_FACTS)
    manifest = entry.manifest
    facts = (manifest.version, manifest.title.get("en", ""), list(manifest.tasks), manifest.license)
    return {**row, "id": manifest.id, "error": None} | dict(zip(_FACTS, facts))


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
