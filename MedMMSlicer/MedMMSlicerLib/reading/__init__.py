"""What a reading panel does, without Qt: cases, models, context, runs, findings, segments, report."""
