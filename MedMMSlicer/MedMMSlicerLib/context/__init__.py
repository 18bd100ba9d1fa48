"""Clinical context from files: JSON, laboratory values as CSV, FHIR R4 bundles; units and plausibility."""
