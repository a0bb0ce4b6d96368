"""When an excess over a baseline counts as universal."""

# Gurnee et al. 2024, "Universal Neurons in GPT2 Language Models"
HIGH = 0.5
