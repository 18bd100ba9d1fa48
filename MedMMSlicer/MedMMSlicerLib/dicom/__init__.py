"""Reading of image files and DICOM studies, and writing of DICOM segmentations and structured reports.

Import the module that is needed: `reading`, `segmentation`, `structured_report`.
"""
