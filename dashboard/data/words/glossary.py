"""The words of the pages that a new reader may not know, each in one or two sentences."""

TERMS = {
    "r": "Pearson correlation of the activations of two features over all tokens of the quizzes. At 1 they "
    "fire alike everywhere, at 0 they have nothing to do with each other.",
    "F1": "How well firing agrees with a concept on held-out quizzes: the harmonic mean of precision and "
    "recall, at best 1.",
    "excess": "r or universality minus what the same feature reaches in the highest baseline, for instance "
    "in the other GPT with its quizzes shuffled.",
    "partial r": "r after the position in the quiz and the token just read have been regressed out: every "
    "GPT sees those alike.",
    "L0": "The number of features that fire on a token, on average.",
    "r0, r1, r2": "The rectangles of a quiz, numbered by the part they play in its rule. In translate, grow "
    "and frame, for instance, the rule changes r2 and leaves r0 and r1.",
    "c0, c1, c2": "The colours of a quiz, numbered by the part they play in its rule. In most tasks r0 has "
    "colour c0, r1 has c1 and r2 has c2.",
    "second grid": "The grid of a pair, A and f(A) or B and f(B), that is read after the other one, so that "
    "it can be worked out from it.",
    "layout": "The order in which the GPT reads the four grids, as in A, f(A), B, f(B).",
}
