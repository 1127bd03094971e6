"""What must be kept, in one file: packed from folders, verified, and unpacked.

It runs in a container that has the volumes (`keeper` in compose.production.yml), and on
the server's own Python to verify; so it imports nothing but the standard library.
"""
