"""Ground-truth concepts: yes-or-no facts about every token of a quiz, known from its generator."""

from culture_core.features.concepts.concept import Concept
from culture_core.features.concepts.registry import BY_NAME, CONCEPTS, concept_mask

__all__ = ["BY_NAME", "CONCEPTS", "Concept", "concept_mask"]
