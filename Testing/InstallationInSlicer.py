"""What only a real Slicer can tell of the installation; run by ctest, which starts Slicer with ``--testing``.

Nothing is installed: this looks for what would be.
"""

from __future__ import annotations

import time
import unittest
from pathlib import Path

from MedMMSlicerLib.errors import InstallationError
from MedMMSlicerLib.installation import Installation, missing_packages, plan_installation
from MedMMSlicerLib.installation.environment import current_environment, is_slicer_python


class InstallationInSlicer(unittest.TestCase):
    """The Python of this Slicer, examined."""

    def test_this_is_slicers_python(self) -> None:
        self.assertTrue(is_slicer_python())
        environment = current_environment()
        self.assertTrue(environment.is_slicer)
        self.assertTrue(Path(environment.pip[0]).is_file())
        self.assertTrue(environment.site_folder.is_dir())

    def test_asking_what_is_missing_is_quick(self) -> None:
        start = time.process_time()
        missing_packages()
        self.assertLess(time.process_time() - start, 0.1)

    def test_slicers_own_packages_are_kept(self) -> None:
        kept = plan_installation(device="cpu").kept
        for name in ("numpy", "SimpleITK"):
            self.assertTrue(any(line.startswith(f"{name}==") for line in kept), (name, kept))
        self.assertTrue(any(line.startswith("vtk") for line in kept), kept)

    def test_nothing_is_installed_under_test(self) -> None:
        with self.assertRaises(InstallationError):
            Installation(plan_installation(device="cpu")).start()
