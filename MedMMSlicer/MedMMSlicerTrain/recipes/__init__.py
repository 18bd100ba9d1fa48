"""The recipes: one TOML file per bundle, read by :mod:`MedMMSlicerTrain.recipe`."""
