"""What it costs to read everything: a gateway's part, and the broker's for each."""
