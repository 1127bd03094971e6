"""HTTP: health, and what may be asked of the change log and of the table."""
