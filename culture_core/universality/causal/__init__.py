"""The causal check: whether matched features matter to each GPT in the same way."""
