"""Layers: which features of one GPT fire on the same tokens at the hook points before and after theirs."""
