"""The panel: thin Qt widgets, one part and one ``.ui`` file each, over a `ReadingRoom`."""
