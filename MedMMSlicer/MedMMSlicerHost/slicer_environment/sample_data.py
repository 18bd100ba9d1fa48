"""``SampleData``: the registry of sample studies, their download with checksum, and loading."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["SampleDataLogic", "SampleDataSource", "downloadSample", "downloadSamples"]


def _as_list(value: Any, length: int) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    return [value] * length


class SampleDataSource:
    """One entry of the Sample Data module; every list has one item per file.

    Parameters
    ----------
    checksums : str or list of str, optional
        ``SHA256:<digest>`` of each file.
    customDownloader : callable, optional
        Called with the source instead of a download; returns the loaded nodes.

    Raises
    ------
    ValueError
        If the lists differ in length.
    """

    def __init__(
        self,
        sampleName: str | None = None,
        sampleDescription: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        checksums: Any = None,
        loadFiles: Any = None,
        customDownloader: Callable[[SampleDataSource], Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFileProperties: dict[str, Any] | None = None,
        loadFileType: Any = None,
    ) -> None:
        count = len(uris) if isinstance(uris, (list, tuple)) else 1
        self.sampleName = sampleName
        self.sampleDescription = sampleDescription if sampleDescription is not None else sampleName
        self.uris = _as_list(uris, count)
        self.fileNames = _as_list(fileNames, count)
        self.nodeNames = _as_list(nodeNames, count)
        self.checksums = _as_list(checksums, count)
        self.loadFiles = _as_list(loadFiles, count)
        self.loadFileTypes = _as_list(loadFileTypes if loadFileTypes is not None else loadFileType, count)
        self.customDownloader = customDownloader
        self.thumbnailFileName = thumbnailFileName
        self.loadFileProperties = dict(loadFileProperties or {})
        lists = (self.fileNames, self.nodeNames, self.checksums, self.loadFiles, self.loadFileTypes)
        if any(len(each) != count for each in lists):
            raise ValueError(f"All fields of the sample {sampleName!r} must have {count} items.")

    def _facts(self) -> tuple[Any, ...]:
        return (self.sampleName, self.uris, self.fileNames, self.nodeNames, self.checksums, self.loadFiles)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SampleDataSource) and self._facts() == other._facts()

    __hash__ = None  # type: ignore[assignment]


def _sources() -> dict[str, list[SampleDataSource]]:
    import slicer

    if "sampleDataSources" not in vars(slicer.modules):
        slicer.modules.sampleDataSources = {}
    sources: dict[str, list[SampleDataSource]] = slicer.modules.sampleDataSources
    return sources


class SampleDataLogic:
    """Registers, finds and loads samples."""

    def __init__(self, logMessage: Callable[..., None] | None = None) -> None:
        self.logMessage = logMessage or (lambda message, level=logging.INFO: logging.log(level, message))

    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Callable[[SampleDataSource], Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileTypes: Any = None,
        loadFiles: Any = None,
        loadFileProperties: dict[str, Any] | None = None,
        checksums: Any = None,
        loadFileType: Any = None,
    ) -> None:
        """Add a sample to a category; the same one twice is kept once."""
        source = SampleDataSource(
            sampleName=sampleName,
            uris=uris,
            fileNames=fileNames,
            nodeNames=nodeNames,
            checksums=checksums,
            loadFiles=loadFiles,
            customDownloader=customDownloader,
            thumbnailFileName=thumbnailFileName,
            loadFileTypes=loadFileTypes,
            loadFileProperties=loadFileProperties,
            loadFileType=loadFileType,
        )
        if not SampleDataLogic.isSampleDataSourceRegistered(category, source):
            _sources().setdefault(category, []).append(source)

    @staticmethod
    def sampleDataSourcesByCategory(category: str | None = None) -> Any:
        """Return the samples of a category, or all by category."""
        return _sources() if category is None else _sources().get(category, [])

    @staticmethod
    def isSampleDataSourceRegistered(category: str, sampleDataSource: SampleDataSource) -> bool:
        """Return whether a category has this sample already."""
        return sampleDataSource in _sources().get(category, [])

    def sourceForSampleName(self, sampleName: str) -> SampleDataSource | None:
        """Return the sample of that name, or None."""
        found = (source for sources in _sources().values() for source in sources)
        return next((source for source in found if source.sampleName == sampleName), None)

    def downloadSamples(self, sampleName: str) -> list[Any]:
        """Load the sample of that name; an empty list if there is none."""
        source = self.sourceForSampleName(sampleName)
        return [] if source is None else self.downloadFromSource(source)

    def downloadFromSource(self, source: SampleDataSource, maximumAttemptsCount: int = 3) -> list[Any]:
        """Load a sample by download, check and the reader of each file's type.

        As in Slicer, the sample's own downloader is for the buttons of the Sample Data module alone.

        Raises
        ------
        ValueError
            If a file does not have its checksum.
        """
        results = []
        columns = zip(
            source.uris,
            source.fileNames,
            source.nodeNames,
            source.checksums,
            source.loadFiles,
            source.loadFileTypes,
        )
        for uri, file_name, node_name, checksum, load, file_type in columns:
            path = self.downloadFileIntoCache(uri, file_name, checksum)
            if node_name is None or load is False:
                results.append(path)
            else:
                results.append(
                    self.loadNode(path, node_name, file_type or "VolumeFile", source.loadFileProperties)
                )
        return results

    def downloadFileIntoCache(self, uri: str, name: str, checksum: str | None = None) -> str:
        """Download a file into the scene's cache folder and return its path; a fitting one there is kept."""
        import slicer

        folder = Path(slicer.mrmlScene.GetCacheManager().GetRemoteCacheDirectory())
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        if not slicer.util.downloadFile(uri, str(path), checksum=checksum):
            raise ValueError(
                f"{uri} could not be downloaded as {path}, or is not what was expected ({checksum})."
            )
        return str(path)

    def loadNode(self, uri: str, name: str, fileType: str = "VolumeFile", fileProperties: Any = None) -> Any:
        """Load a file and give the node its name."""
        import slicer

        return slicer.util.loadNodeFromFile(uri, fileType, {**(fileProperties or {}), "name": name})


def downloadSamples(sampleName: str) -> list[Any]:
    """Load the sample of that name and return its nodes."""
    return SampleDataLogic().downloadSamples(sampleName)


def downloadSample(sampleName: str) -> Any:
    """Load the sample of that name and return its first node."""
    return downloadSamples(sampleName)[0]
