"""Print what a room hears, line by line."""
