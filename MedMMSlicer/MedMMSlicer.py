"""MedMM in 3D Slicer: the four classes that Slicer looks for. Everything else is in MedMMSlicerLib."""

# ruff: noqa: TID251 - this file lives inside Slicer

import logging

import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

HOMEPAGE = "https://github.com/medmm/SlicerMedMM"


class MedMMSlicer(ScriptedLoadableModule):
    """What Slicer's module list shows."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("MedMM")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = ["Segmentations", "SubjectHierarchy"]
        self.parent.contributors = ["MedMM contributors"]
        self.parent.helpText = _(
            "<p>Segments and measures medical images with local models and drafts a report whose sentences "
            "point to what they state.</p><p><b>Research use only. Not for clinical diagnosis.</b> Nothing "
            'leaves this computer.</p><p><a href="{url}">Documentation</a></p>'
        ).format(url=HOMEPAGE)
        self.parent.acknowledgementText = _(
            "Free software under the Apache License 2.0, built on 3D Slicer, VTK, SimpleITK, ONNX Runtime. "
            "Each model states its own license, data and intended use. Research use only."
        )
        slicer.app.connect("startupCompleted()", MedMMSlicerLogic.registerSamples)


class MedMMSlicerWidget(ScriptedLoadableModuleWidget):
    """The panel."""

    def setup(self):
        """Build the panel; called once, when it is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = MedMMSlicerLogic()
        self.noticeLabel = qt.QLabel(_("Research use only. Not for clinical diagnosis."))
        self.noticeLabel.wordWrap = True
        self.noticeLabel.styleSheet = "QLabel { font-weight: bold; }"
        self.volumeSelector = slicer.qMRMLNodeComboBox()
        self.volumeSelector.nodeTypes = ["vtkMRMLScalarVolumeNode", "vtkMRMLVectorVolumeNode"]
        self.volumeSelector.addEnabled = False
        self.volumeSelector.removeEnabled = False
        self.volumeSelector.noneEnabled = True
        self.volumeSelector.setToolTip(_("The image to read"))
        self.modelsButton = qt.QPushButton(_("Show models"))
        self.modelsButton.setToolTip(_("List the models on this computer and whether each fits the image"))
        self.modelsList = qt.QListWidget()
        self.modelsList.wordWrap = True
        form = qt.QFormLayout()
        form.addRow(_("Image:"), self.volumeSelector)
        self.layout.addWidget(self.noticeLabel)
        self.layout.addLayout(form)
        self.layout.addWidget(self.modelsButton)
        self.layout.addWidget(self.modelsList)
        self.layout.addStretch(1)
        self.volumeSelector.setMRMLScene(slicer.mrmlScene)
        self.modelsButton.connect("clicked()", self.onShowModels)

    def cleanup(self):
        """Let go of the scene; a selector that still observes it would crash Slicer at exit."""
        self.volumeSelector.setMRMLScene(None)

    def onShowModels(self):
        """List the models that are on this computer."""
        from MedMMSlicerLib.errors import MedMMError

        self.modelsList.clear()
        try:
            lines = self.logic.describeModels(self.volumeSelector.currentNodeID)
        except MedMMError as error:
            lines = [str(error)]
        except ImportError as error:
            lines = [
                _("A Python package is missing: {name}. Install Resources/requirements.txt.").format(
                    name=error.name
                )
            ]
        for line in lines or [_("No model was found.")]:
            self.modelsList.addItem(line)


class MedMMSlicerLogic(ScriptedLoadableModuleLogic):
    """What the panel and scripts can ask for."""

    def describeModels(self, volumeId=""):
        """Return one line per model; with an image, each says whether it fits."""
        from MedMMSlicerLib.bundles.catalog import BrokenBundle, BundleCatalog
        from MedMMSlicerLib.core import localized

        catalog = BundleCatalog()
        if volumeId:
            suggestions = catalog.suggest(self.seriesFromVolume(volumeId))
            return [self._fitLine(suggestion) for suggestion in suggestions]
        lines = []
        for entry in catalog.list():
            if isinstance(entry, BrokenBundle):
                lines.append(f"{entry.path.name}: {entry.error}")
            else:
                title = localized(entry.manifest.title, "en")
                lines.append(
                    f"{title} ({entry.manifest.id} {entry.manifest.version}, {entry.manifest.license})"
                )
        return lines

    @staticmethod
    def _fitLine(suggestion):
        mark = _("fits") if suggestion.applicable else _("does not fit")
        return f"{suggestion.bundle.manifest.id}: {mark}. {suggestion.reason}"

    @staticmethod
    def seriesFromVolume(volumeId):
        """Return a volume of the scene as a series of the library, voxels not copied."""
        from MedMMSlicerLib.core import HeaderFacts, Series
        from MedMMSlicerLib.scene.volumes import volume_from_node

        volume = volume_from_node(slicer.mrmlScene, volumeId)
        node = slicer.mrmlScene.GetNodeByID(volumeId)
        facts = HeaderFacts(modality=node.GetAttribute("MedMM.Modality") or "")
        return Series(node.GetName(), facts, (), node.GetAttribute("MedMM.StudyUid") or "", volume=volume)

    @staticmethod
    def registerSamples():
        """Offer the sample studies in Slicer's Sample Data module."""
        import SampleData
        from MedMMSlicerLib.core import localized
        from MedMMSlicerLib.errors import MedMMError
        from MedMMSlicerLib.samples import list_samples

        try:
            samples = list_samples()
        except MedMMError as error:
            logging.warning(str(error))
            return
        for sample in samples:
            SampleData.SampleDataLogic.registerCustomSampleDataSource(
                category="MedMM",
                sampleName=localized(sample.title, "en"),
                uris=f"package:{sample.package}/{sample.file}",
                fileNames=sample.file.rsplit("/", 1)[-1],
                nodeNames=sample.id,
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

    def test_segmentationRoundTrip(self):
        """A label map on an oblique, anisotropic volume comes back as it was put in."""
        from MedMMSlicerLib.scene.self_test import check_round_trip

        for name, passed in check_round_trip(slicer.mrmlScene).items():
            self.assertTrue(passed, name)
