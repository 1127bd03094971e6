"""What a broker of three nodes costs, beside one of a single node."""
