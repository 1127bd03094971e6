"""Durable store-and-forward for accepted events while the broker cannot take them."""
