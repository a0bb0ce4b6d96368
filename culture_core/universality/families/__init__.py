"""Causes with power: groups and families of features with the most influence, ablated and interchanged."""
