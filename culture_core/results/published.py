"""Published figures to compare with ours; sources in docs/reference/universality.md,
"Published figures to compare with"."""

UNIVERSAL_NEURONS = (
    "1-5% of neurons (GPT2-small 4.16%, GPT2-medium 1.23%, Pythia-160m 1.26%; Gurnee et al. 2024)"
)
SHARED_BY_SEEDS = "30-53% of latents (Paulo and Belrose 2025)"
PAIRED_FEATURES = "mean r 0.518, SVCCA 0.82, RSA 0.26 over 1,200 pairs (Pythia-70m and 160m; Lan et al. 2024)"
STUDY_SAE = "L0 43, explained variance 0.85, 20% dead (16,384 features on a 37M GPT's layer-8 MLP output)"
