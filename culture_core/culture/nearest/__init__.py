"""How close a quiz is to the eight world tasks: by their rules, and by a classifier."""
