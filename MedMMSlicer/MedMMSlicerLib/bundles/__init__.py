"""Model bundles: folders with a network and the data that describes it, treated as untrusted input."""
