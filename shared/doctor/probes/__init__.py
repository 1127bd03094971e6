"""How facts are fetched: each probe asks one peer, and returns what it said."""
