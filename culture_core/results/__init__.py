"""The page of results, written from the artifacts of a population."""
