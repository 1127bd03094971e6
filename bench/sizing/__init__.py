"""How many machines so many sockets and events need, by what each costs."""
