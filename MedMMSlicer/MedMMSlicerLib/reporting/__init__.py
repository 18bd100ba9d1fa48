"""Reports: findings to a grounded draft, and the draft to text, HTML and JSON."""
