"""The answers of every GPT to a quiz set made for browsing."""
