"""Grades: how well each feature detects each ground-truth concept."""
