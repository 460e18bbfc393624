"""What staff write: read from a form or a sheet, checked, kept as drafts and versions."""
