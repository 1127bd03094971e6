"""Local development: the stand-ins, a private broker and the supervisor."""
