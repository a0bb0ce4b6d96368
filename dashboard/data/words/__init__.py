"""The words and names that the pages write."""
