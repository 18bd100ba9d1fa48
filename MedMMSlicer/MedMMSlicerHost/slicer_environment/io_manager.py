"""``slicer.app.coreIOManager()``: what ``slicer.util.load...`` needs, by the logics of the modules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from MedMMSlicerHost.slicer_environment.absent import not_in_host

__all__ = ["IoManager"]

_BY_SUFFIX = (
    ((".seg.nrrd", ".seg.nhdr"), "SegmentationFile"),
    ((".mrb", ".mrml"), "SceneFile"),
    ((".mrk.json", ".fcsv"), "MarkupsFile"),
    ((".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".dcm", ".png", ".jpg", ".tif"), "VolumeFile"),
)


class IoManager:
    """Reads volumes, segmentations, markups and scenes; every other type raises."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._readers: dict[str, Callable[[str, dict[str, Any]], Any]] = {
            "VolumeFile": self._read_volume,
            "SegmentationFile": self._read_segmentation,
            "MarkupsFile": self._read_markups,
        }

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The file manager has no {name!r} in the desktop host.")

    def fileType(self, path: str) -> str:
        """Return the file type of a path by its ending; "NoFile" if it is not known."""
        lower = str(path).lower()
        return next((kind for endings, kind in _BY_SUFFIX if lower.endswith(endings)), "NoFile")

    def loadNodes(
        self, file_type: str, properties: dict[str, Any], loaded: Any = None, messages: Any = None
    ) -> bool:
        """Load a file; nodes go to the vtkCollection `loaded`, complaints to `messages`."""
        path = str(properties["fileName"])
        if file_type == "SceneFile":
            return self.loadScene(path, bool(properties.get("clear", True)))
        if file_type not in self._readers:
            not_in_host(f"Loading a file of the type {file_type}")
        if not Path(path).is_file():
            _complain(messages, f"There is no file {path}.")
            return False
        node = self._readers[file_type](path, properties)
        if node is None:
            _complain(messages, f"{path} can not be read as {file_type}.")
            return False
        if loaded is not None:
            loaded.AddItem(node)
        return True

    def loadScene(self, path: str, clear: bool = True) -> bool:
        """Read an .mrml or .mrb file, into an empty scene unless `clear` is False."""
        scene = self._application.scene
        if str(path).lower().endswith(".mrb"):
            return bool(scene.ReadFromMRB(str(path), clear))
        scene.SetURL(str(path))
        return bool(scene.Connect() if clear else scene.Import())

    def _read_volume(self, path: str, properties: dict[str, Any]) -> Any:
        for unknown in ("labelmap", "fileNames"):
            if properties.get(unknown):
                not_in_host(f"loadVolume with {unknown}")
        logic = self._application.module_logic("Volumes")
        return logic.AddArchetypeVolume(path, str(properties.get("name") or _stem(path)), 0)

    def _read_segmentation(self, path: str, properties: dict[str, Any]) -> Any:
        logic = self._application.module_logic("Segmentations")
        return logic.LoadSegmentationFromFile(path, True, str(properties.get("name") or _stem(path)))

    def _read_markups(self, path: str, properties: dict[str, Any]) -> Any:
        logic = self._application.module_logic("Markups")
        node_id = logic.LoadMarkups(path, str(properties.get("name") or _stem(path)))
        return self._application.scene.GetNodeByID(node_id) if node_id else None


def _stem(path: str) -> str:
    return Path(path).name.split(".", 1)[0]


def _complain(messages: Any, text: str) -> None:
    from vtkmodules.vtkCommonCore import vtkCommand

    if messages is not None:
        messages.AddMessage(vtkCommand.ErrorEvent, text)
