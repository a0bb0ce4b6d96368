"""Training GPTs on the world: recipes, the loop, checkpoints, and the processes that share the work."""
