"""The results page, written from the artifacts of a population."""
