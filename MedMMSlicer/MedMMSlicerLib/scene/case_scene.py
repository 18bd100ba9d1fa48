"""A whole case as a scene: images, segmentations, heat maps, locations, tables, report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..core import Case, Finding, Prediction, Report
from ..errors import InputError
from ._mrml import MrmlScene
from .heat_maps import add_heat_map
from .markups import add_boxes, add_locations
from .parameters import parameter_node, set_parameter
from .segmentations import add_segmentation
from .subject_hierarchy import group_nodes
from .tables import add_measurements, add_probabilities
from .texts import add_report
from .views import jump_to, show_volumes
from .volumes import add_volume

__all__ = ["CaseNodes", "build_case_scene"]


@dataclass(frozen=True)
class CaseNodes:
    """Ids of the nodes of a case.

    Parameters
    ----------
    volume_ids : mapping of str to str
        By role.
    segmentation_ids, heat_map_ids, location_ids, box_ids, table_ids, text_ids : tuple of str
    parameter_id : str
    folder_item : int
        Item of the subject hierarchy that holds them.
    """

    volume_ids: Mapping[str, str]
    segmentation_ids: tuple[str, ...] = ()
    heat_map_ids: tuple[str, ...] = ()
    location_ids: tuple[str, ...] = ()
    box_ids: tuple[str, ...] = ()
    table_ids: tuple[str, ...] = ()
    text_ids: tuple[str, ...] = ()
    parameter_id: str = ""
    folder_item: int = field(default=0, compare=False)


def build_case_scene(
    scene: MrmlScene,
    case: Case,
    prediction: Prediction | Sequence[Prediction],
    report: Report | None = None,
    language: str = "",
    report_html: str = "",
) -> CaseNodes:
    """Fill a scene with a case and what was found in it.

    Parameters
    ----------
    scene : vtkMRMLScene
    case : Case
        Its series must be loaded; one without voxels is left out.
    prediction : Prediction or sequence of Prediction
    report : Report, optional
    language : str
        Of names; the report's language when empty.
    report_html : str
        Rendered report, stored beside its data.

    Raises
    ------
    InputError
        If no series is loaded, or a label map belongs to a role that is not.
    """
    predictions = [prediction] if isinstance(prediction, Prediction) else list(prediction)
    language = language or (report.language if report else "en")
    volumes = {
        role: add_volume(scene, series.volume, series)
        for role, series in case.series.items()
        if series.volume is not None
    }
    if not volumes:
        raise InputError(f"The case '{case.id}' has no loaded series. Load its images first.")
    main_id = volumes.get("current") or next(iter(volumes.values()))
    findings = [finding for item in predictions for finding in item.findings]
    nodes = CaseNodes(
        volume_ids=volumes,
        segmentation_ids=tuple(_segmentations(scene, predictions, volumes, language)),
        heat_map_ids=tuple(add_heat_map(scene, heat) for item in predictions for heat in item.heat_maps),
        location_ids=tuple(filter(None, [add_locations(scene, findings, main_id, language=language)])),
        box_ids=tuple(
            box_id for item in predictions for box_id in add_boxes(scene, item.boxes, findings, language)
        ),
        table_ids=tuple(_tables(scene, predictions, language)),
        text_ids=add_report(scene, report, html=report_html) if report else (),
        parameter_id=parameter_node(scene),
    )
    _arrange(scene, nodes, main_id, predictions)
    return _in_folder(scene, nodes, case)


def _segmentations(
    scene: MrmlScene, predictions: Sequence[Prediction], volumes: Mapping[str, str], language: str
) -> list[str]:
    ids = []
    for item in predictions:
        for label_map in item.label_maps:
            if label_map.role not in volumes:
                raise InputError(
                    f"{item.provenance.bundle_id} segmented the series '{label_map.role}', which is not "
                    "loaded. Load it first."
                )
            name = f"{item.provenance.bundle_id} {item.provenance.bundle_version}"
            ids.append(
                add_segmentation(scene, label_map, item.provenance, volumes[label_map.role], name, language)
            )
    return ids


def _tables(scene: MrmlScene, predictions: Sequence[Prediction], language: str) -> list[str]:
    measurements = [entry for item in predictions for entry in item.measurements]
    scored: list[Finding] = [
        entry
        for item in predictions
        for entry in item.findings
        if entry.score is not None or entry.probability is not None
    ]
    ids = []
    if measurements:
        ids.append(add_measurements(scene, measurements, language=language))
    if scored:
        ids.append(add_probabilities(scene, scored, language=language))
    return ids


def _arrange(scene: MrmlScene, nodes: CaseNodes, main_id: str, predictions: Sequence[Prediction]) -> None:
    """Show the images, on the first thing that was found."""
    show_volumes(scene, main_id, nodes.heat_map_ids[0] if nodes.heat_map_ids else "")
    point = _first_location(predictions)
    if point is not None:
        jump_to(scene, point)
    set_parameter(scene, "CurrentVolume", main_id)


def _first_location(predictions: Sequence[Prediction]) -> tuple[float, float, float] | None:
    for item in predictions:
        for finding in item.findings:
            if finding.location_ras is not None:
                return finding.location_ras
        for label_map in item.label_maps:
            voxels = np.argwhere(label_map.array)
            if len(voxels):
                right, anterior, superior = label_map.geometry.kji_to_ras(voxels.mean(axis=0))
                return float(right), float(anterior), float(superior)
    return None


def _in_folder(scene: MrmlScene, nodes: CaseNodes, case: Case) -> CaseNodes:
    children = [
        *nodes.volume_ids.values(),
        *nodes.segmentation_ids,
        *nodes.heat_map_ids,
        *nodes.location_ids,
        *nodes.box_ids,
        *nodes.table_ids,
        *nodes.text_ids,
    ]
    return replace(nodes, folder_item=group_nodes(scene, f"MedMM {case.id}", children))
