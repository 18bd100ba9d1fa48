"""Stand-ins for widgets of CTK, one a file."""
