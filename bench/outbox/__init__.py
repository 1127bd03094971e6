"""How long from a row's commit to a socket's frame, by push and by relay?"""
