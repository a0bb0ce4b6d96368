"""Linear probes: which concepts can be read off the residual stream, by layer."""
