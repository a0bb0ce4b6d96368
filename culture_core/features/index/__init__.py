"""The feature index: one pass over a quiz set, every statistic of every feature, and the reader of both."""
