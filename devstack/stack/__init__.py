"""The whole system on one machine without containers, under a supervisor."""
