"""Words for the stages of a run."""

from __future__ import annotations

from .translation import _

__all__ = ["stage_text"]


def stage_text(stage: str) -> str:
    """Say in the reader's language what a run does; an unknown stage is shown as it stands."""
    words = {
        "": _("Starting"),
        "start": _("Starting"),
        "bundle": _("Checking the model"),
        "open": _("Opening the model"),
        "preprocess": _("Preparing the image"),
        "network": _("Computing"),
        "postprocess": _("Finishing the result"),
        "occlusion": _("Looking for the evidence"),
        "explain": _("Looking for the evidence"),
        "measure": _("Measuring"),
        "done": _("Done"),
        "cancelling": _("Ending the run"),
        "showing results": _("Showing the results"),
        "undo": _("Taking back"),
        "looking for images": _("Looking for images"),
        "reading headers": _("Reading headers"),
        "loading voxels": _("Loading the images"),
        "drafting the report": _("Drafting the report"),
    }
    return words.get(stage, stage)
