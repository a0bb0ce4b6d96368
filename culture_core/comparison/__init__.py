"""Populations side by side: how alike their GPTs are in features, answers and states."""
