"""Matches: which features of two GPTs fire on the same tokens, compared with baselines."""
