"""Runs MedMM without 3D Slicer: the real MRML engine of the slicer-core wheel as a small application.

Needs the ``host`` extra. Importing this package loads neither slicer nor VTK.
"""
