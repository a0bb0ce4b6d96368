"""The feature index: one pass over a quiz set that records statistics of every feature, and its reader."""
