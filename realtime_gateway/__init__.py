"""Push each change to the browsers that may see it, and lose none on the way."""
