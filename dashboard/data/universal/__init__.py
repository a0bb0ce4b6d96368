"""Matches, groups, and universality by every measure."""
