"""The culture phase: GPTs invent quizzes, and keep those that some of them, but not all, understand."""
