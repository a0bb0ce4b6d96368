"""Quizzes, their answers, and the quizzes that the GPTs invented."""
