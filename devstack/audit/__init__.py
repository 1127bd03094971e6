"""Weak spots: in our own code, in what is pinned, in how it is pinned."""
