"""The report as a document that a reader can answer for: history, workflow, audit trail, measures."""
