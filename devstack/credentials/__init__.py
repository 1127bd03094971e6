"""The random secrets that a fresh installation makes for itself."""
