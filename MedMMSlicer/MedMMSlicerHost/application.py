"""An application around one MRML scene: what Slicer's core sets up before a module is loaded, without Qt."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from MedMMSlicerLib.errors import UsageError

__all__ = ["HostApplication"]

_MODULE_LOGICS = {
    "Terminologies": "vtkSlicerTerminologiesModuleLogic",
    "SubjectHierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    # Segmentations comes before any segmentation node: it registers the node classes and the converters.
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "Units": "vtkSlicerUnitsLogic",
    "Transforms": "vtkSlicerTransformLogic",
    "Volumes": "vtkSlicerVolumesLogic",
    "Models": "vtkSlicerModelsLogic",
    "Markups": "vtkSlicerMarkupsLogic",
    "Tables": "vtkSlicerTablesLogic",
    "Texts": "vtkSlicerTextsLogic",
    "Cameras": "vtkSlicerCamerasModuleLogic",
    "ViewControllers": "vtkSlicerViewControllersLogic",
    "VolumeRendering": "vtkSlicerVolumeRenderingLogic",
    "Plots": "vtkSlicerPlotsLogic",
    "Sequences": "vtkSlicerSequencesLogic",
}

_created: list[HostApplication] = []


class HostApplication:
    """The scene, the application logic and the module logics, as Slicer itself wires them.

    VTK keeps some of this in process-wide factories, so there is one per process: `instance` gives it,
    `clear` empties it.

    Attributes
    ----------
    scene : vtkMRMLScene
    logic : vtkSlicerApplicationLogic

    Raises
    ------
    UsageError
        If there is one already, or slicer-core is not installed.
    """

    def __init__(self) -> None:
        if _created:
            raise UsageError(
                "There is a host application in this process already; use HostApplication.instance()."
            )
        slicer = _import_slicer()
        self._slicer = slicer
        _share_cores()
        self.scene = slicer.vtkMRMLScene()
        self.logic = slicer.vtkSlicerApplicationLogic()
        self._module_logics: dict[str, Any] = {}
        self._add_base_logics()
        self._add_module_logics()
        self._add_default_nodes()
        _created.append(self)

    @classmethod
    def instance(cls) -> HostApplication:
        """Return the one host application of this process, made on first use."""
        return _created[0] if _created else cls()

    def _add_base_logics(self) -> None:
        from vtkmodules.vtkCommonCore import vtkCollection

        slicer = self._slicer
        self.logic.SetMRMLScene(self.scene)
        self._slice_logics = vtkCollection()
        self._view_logics = vtkCollection()
        self.logic.SetSliceLogics(self._slice_logics)
        self.logic.SetViewLogics(self._view_logics)
        self._color_logic = slicer.vtkMRMLColorLogic()
        self._color_logic.SetMRMLApplicationLogic(self.logic)
        self._color_logic.SetMRMLScene(self.scene)
        self.logic.SetColorLogic(self._color_logic)
        # The volumes logic asks for it by the name of the module.
        self.logic.SetModuleLogic("Colors", self._color_logic)
        self._module_logics["Colors"] = self._color_logic
        self._add_file_cache()

    def _add_file_cache(self) -> None:
        """Give the scene a private folder, removed at exit, in which it unpacks the bundles that it loads."""
        self._cache_folder = tempfile.TemporaryDirectory(prefix="medmm-scene-")
        self._cache = self._slicer.vtkCacheManager()
        self._cache.SetRemoteCacheDirectory(self._cache_folder.name)
        self._data_io = self._slicer.vtkDataIOManager()
        self._data_io.SetCacheManager(self._cache)
        self.scene.SetDataIOManager(self._data_io)
        self.scene.SetCacheManager(self._cache)
        self.logic.SetTemporaryPath(self._cache_folder.name)

    def _add_module_logics(self) -> None:
        for name, class_name in _MODULE_LOGICS.items():
            module_logic = getattr(self._slicer, class_name)()
            module_logic.SetMRMLApplicationLogic(self.logic)
            # It reads JSON files of Slicer that the wheel has not; every segment brings its own codes.
            if name != "Terminologies":
                module_logic.SetMRMLScene(self.scene)
            self.logic.SetModuleLogic(name, module_logic)
            self._module_logics[name] = module_logic

    def _add_default_nodes(self) -> None:
        """Add what Slicer puts into an empty scene: colors, crosshair, slice orientations."""
        self._color_logic.AddDefaultColorNodes()
        self._slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)
        if self.scene.GetFirstNodeByClass("vtkMRMLCrosshairNode") is None:
            crosshair = self.scene.CreateNodeByClass("vtkMRMLCrosshairNode")
            crosshair.SetCrosshairName("default")
            crosshair.SetSingletonTag("default")
            self.scene.AddNode(crosshair)
            crosshair.UnRegister(None)
        self._ensure_subject_hierarchy()

    def module_names(self) -> tuple[str, ...]:
        """Return the names of the modules that have a logic here."""
        return tuple(self._module_logics)

    def module_logic(self, name: str) -> Any:
        """Return the logic of a module by its name in Slicer, e.g. ``Segmentations``.

        Raises
        ------
        UsageError
            If this host has no such module.
        """
        if name not in self._module_logics:
            raise UsageError(
                f"The host has no module {name}; there are: {', '.join(sorted(self._module_logics))}."
            )
        return self._module_logics[name]

    def clear(self) -> None:
        """Empty the scene; singletons such as the default colors stay."""
        self._drop_segment_voxels()
        self.scene.Clear(0)
        self._ensure_subject_hierarchy()

    def _drop_segment_voxels(self) -> None:
        """Take voxels from segments first; MRML would erase each segment from the layer that all share."""
        for index in range(self.scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")):
            segmentation = self.scene.GetNthNodeByClass(index, "vtkMRMLSegmentationNode").GetSegmentation()
            # First: views ask for the surface of a segment without voxels while others have one.
            segmentation.RemoveRepresentation("Closed surface")
            for segment_id in segmentation.GetSegmentIDs():
                segmentation.GetSegment(segment_id).RemoveAllRepresentations()

    def _ensure_subject_hierarchy(self) -> None:
        """Let the scene make its subject hierarchy now; it would do so in the middle of something else."""
        self.scene.GetSubjectHierarchyNode()


def _share_cores() -> None:
    """Leave cores to a run: the threads of an image filter wait for each other, and for a core.

    With two cores, a view of 930 x 914 pixels is drawn 38 to 46 times a second during a run with two
    threads, 46 to 50 times with one.
    """
    from vtkmodules.vtkCommonCore import vtkMultiThreader

    vtkMultiThreader.SetGlobalMaximumNumberOfThreads(max(1, (os.cpu_count() or 1) // 2))


def _import_slicer() -> Any:
    try:
        import slicer
    except ImportError as error:
        raise UsageError(
            f"slicer-core can not be imported ({error}). Install it with: pip install 'medmm-slicer[host]'"
        ) from error
    return slicer
