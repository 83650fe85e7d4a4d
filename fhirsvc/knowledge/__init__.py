"""The files of mappings/ read into domain values."""
