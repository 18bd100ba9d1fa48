"""MedMM in 3D Slicer: the four classes that Slicer looks for. Everything else is in MedMMSlicerLib."""

# ruff: noqa: TID251 - this file lives inside Slicer

import logging
import sys

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)


class MedMMSlicer(ScriptedLoadableModule):
    """What Slicer's module list shows."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("MedMM")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = ["Segmentations", "SubjectHierarchy"]
        self.parent.contributors = ["MedMM contributors"]
        self.parent.helpText = _(
            "<p>Reads medical images together with clinical context: segments, measures, gives probabilities "
            "with their evidence, and drafts a report whose sentences point to what they state.</p>"
            "<p><b>Research use only. Not for clinical diagnosis.</b> Nothing leaves this computer.</p>"
            '<p>All keys are listed under Menu, Keyboard. <a href="{url}">Documentation</a></p>'
        ).format(url="https://github.com/medmm/SlicerMedMM")
        self.parent.acknowledgementText = _(
            "Free software under the Apache License 2.0, built on 3D Slicer, VTK, SimpleITK, ONNX Runtime. "
            "Each model states its own license, data and intended use. Research use only."
        )
        slicer.app.connect("startupCompleted()", MedMMSlicerLogic.registerSamples)


class MedMMSlicerWidget(ScriptedLoadableModuleWidget):
    """The panel; what it shows and does is in MedMMSlicerLib.widgets and MedMMSlicerLib.reading."""

    def __init__(self, parent=None):
        self.logic = self.room = self.panel = None  # first: without a parent, Slicer's class calls setup()
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self):
        """Build the panel; called once, when it is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        from MedMMSlicerLib.reading.report_recovery import start_recovery
        from MedMMSlicerLib.widgets.panel import ReadingPanel
        from MedMMSlicerLib.widgets.panel_host import SlicerPanelHost

        self.logic = MedMMSlicerLogic()
        self.room = self.logic.makeRoom()
        start_recovery(self.room)
        self.panel = ReadingPanel(self.room, SlicerPanelHost())
        self.layout.addWidget(self.panel.widget)

    def enter(self):
        """Show what changed while another module was in front."""
        if self.panel is not None:
            self.panel.enter()

    def exit(self):
        """Leave everything as it is: a run goes on, and its results are there on return."""

    def cleanup(self):
        """End the worker and let go of the scene; a selector that still observes it would crash Slicer."""
        if self.panel is not None:
            self.panel.cleanup()
            self.room.close()
        self.room = self.panel = None

    def onReload(self):
        """Read the library anew as well, not this file alone (developer mode)."""
        for name in [name for name in sys.modules if name.split(".")[0] == "MedMMSlicerLib"]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)


class MedMMSlicerLogic(ScriptedLoadableModuleLogic):
    """What the panel and scripts can ask for."""

    def getParameterNode(self):
        """Return the state of the panel that the scene keeps, typed."""
        from MedMMSlicerLib.widgets.parameters import PanelParameters

        return PanelParameters(ScriptedLoadableModuleLogic.getParameterNode(self))

    def makeRoom(self):
        """Return a reading room on Slicer's scene; nothing is started, `close` it at the end."""
        from MedMMSlicerLib.reading.room import ReadingRoom
        from MedMMSlicerLib.widgets.panel_host import QtSettings
        from MedMMSlicerLib.widgets.translation import start_language

        settings = QtSettings()
        return ReadingRoom(
            slicer.mrmlScene,
            worker=self.makeWorker(),
            settings=settings,
            language=start_language(settings),
            file_of_instance=self.fileOfInstance,
        )

    @staticmethod
    def makeWorker():
        """Return a client of a worker process with Slicer's own Python; it starts with the first run."""
        from MedMMSlicerLib.errors import WorkerError
        from MedMMSlicerLib.inference.worker import WorkerClient, find_python

        try:
            return WorkerClient(find_python("", slicer.app.slicerHome))
        except WorkerError as error:
            # The panel still opens; a run will say that there is no Python for it.
            logging.error(str(error))
            return None

    @staticmethod
    def fileOfInstance(uid):
        """Return the file of a DICOM instance that Slicer's database knows, else None."""
        database = getattr(slicer, "dicomDatabase", None)
        if database is None or not database.isOpen:
            return None
        return database.fileForInstance(uid) or None

    @staticmethod
    def registerSamples():
        """Offer the sample studies in Slicer's Sample Data module."""
        import SampleData
        from MedMMSlicerLib.core import localized
        from MedMMSlicerLib.errors import MedMMError
        from MedMMSlicerLib.samples import list_samples, sample_uri

        try:
            samples = list_samples()
        except MedMMError as error:
            logging.warning(str(error))
            return
        for sample in samples:
            SampleData.SampleDataLogic.registerCustomSampleDataSource(
                category="MedMM",
                sampleName=localized(sample.title, "en"),
                uris=sample_uri(sample),
                fileNames=sample.file.rsplit("/", 1)[-1],
                nodeNames=sample.id,
                checksums=f"SHA256:{sample.sha256}",
                customDownloader=lambda source, sample=sample: MedMMSlicerLogic.loadSample(sample),
            )

    @staticmethod
    def loadSample(sample):
        """Load a sample from the installed package that holds it, and return its nodes."""
        from MedMMSlicerLib.dicom.reading import read_image
        from MedMMSlicerLib.errors import MedMMError
        from MedMMSlicerLib.samples import sample_path
        from MedMMSlicerLib.scene.views import show_volumes
        from MedMMSlicerLib.scene.volumes import add_volume

        try:
            series = read_image(sample_path(sample))
        except MedMMError as error:
            slicer.util.errorDisplay(str(error))
            return []
        volumeId = add_volume(slicer.mrmlScene, series.volume, series, sample.id)
        show_volumes(slicer.mrmlScene, volumeId)
        return [slicer.mrmlScene.GetNodeByID(volumeId)]


class MedMMSlicerTest(ScriptedLoadableModuleTest):
    """The self-test; it needs no network and no model."""

    def setUp(self):
        """Start with an empty scene."""
        slicer.mrmlScene.Clear(0)

    def runTest(self):
        """Run everything."""
        self.setUp()
        self.test_segmentationRoundTrip()
        self.test_panelOpensAndCloses()

    def test_segmentationRoundTrip(self):
        """A label map on an oblique, anisotropic volume comes back as it was put in."""
        from MedMMSlicerLib.scene.self_test import check_round_trip

        for name, passed in check_round_trip(slicer.mrmlScene).items():
            self.assertTrue(passed, name)

    def test_panelOpensAndCloses(self):
        """The panel can be built on a scene, offers what it does, and lets go of the scene."""
        from MedMMSlicerLib.widgets.panel import ReadingPanel
        from MedMMSlicerLib.widgets.panel_host import SlicerPanelHost

        room = MedMMSlicerLogic().makeRoom()
        panel = ReadingPanel(room, SlicerPanelHost())
        self.assertTrue(panel.actions())
        panel.cleanup()
        room.close()
