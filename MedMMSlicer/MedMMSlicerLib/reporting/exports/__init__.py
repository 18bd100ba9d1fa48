"""A report with its evidence, written for other systems and for paper: FHIR, PDF, HTML."""
