"""Paint, erase and threshold segments in the desktop reader, with Slicer's own segment editor logic."""
