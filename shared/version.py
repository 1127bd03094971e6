"""The version that every service reports."""

__version__ = "0.1.0"
