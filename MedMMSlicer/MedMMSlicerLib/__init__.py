"""MedMM: AI-assisted reading of medical images, with or without 3D Slicer.

Importing this package loads neither onnxruntime nor slicer nor Qt; each subpackage is imported by whoever
needs it.
"""

__version__ = "0.1.0"
