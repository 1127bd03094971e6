"""The images: what is taken from them, and a look at what is left."""
