"""Matches: which features of two GPTs fire on the same tokens, beside what chance would give."""
