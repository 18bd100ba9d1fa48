"""Installing what the library needs into the Python that runs it, only when the user asks."""
