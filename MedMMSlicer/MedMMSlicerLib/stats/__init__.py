"""Statistics: segmentation metrics, ROC analysis, proportions, agreement, calibration and bootstrap
intervals.

Nothing is imported here; import the module that is needed.
"""
