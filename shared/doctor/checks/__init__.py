"""What facts mean: pure decisions, from a fact to findings."""
