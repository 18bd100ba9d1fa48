"""Running a bundle on a case: preprocess, network, postprocess, measurements, and the worker process.

Importing this package loads nothing; each module is imported by whoever needs it.
"""
