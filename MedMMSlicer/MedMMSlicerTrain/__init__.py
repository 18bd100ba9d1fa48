"""Training recipes, export to bundles and federated training.

This package needs the ``train`` extra (torch, MONAI, onnx). Nothing here is imported by the extension, by the
desktop reader or by any command other than ``medmm train``.
"""
