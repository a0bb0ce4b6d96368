"""Training all GPTs of a population at once, as one stacked model on one GPU, by the clock.

Source: docs/reference/training.md, "On a GPU".
"""
