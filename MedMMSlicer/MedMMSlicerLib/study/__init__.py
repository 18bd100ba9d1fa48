"""Reader studies: protocol, assignment, log, timing, packages, analysis."""
