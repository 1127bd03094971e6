"""How long from COMMIT to every socket of a room, and how many changes a second?"""
