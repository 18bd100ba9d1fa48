"""Statistics: segmentation metrics, ROC analysis, multi-reader studies and their planning, lesion marks,
proportions, agreement, reading times, calibration and bootstrap intervals. Sources and reproduced figures:
``docs/statistics.md``.

Nothing is imported here; import the module that is needed.
"""
