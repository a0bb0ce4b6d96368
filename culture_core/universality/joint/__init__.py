"""The joint dictionary: one code for the states of all GPTs, a decoder for each."""
