"""Trace: one answer of a GPT, traced back through features to the cells it comes from."""

import streamlit as st

from dashboard.components.lab.keep import OF_A_QUIZ
from dashboard.components.lab.quiz import choose_quiz, show_caption
from dashboard.components.page import permalink
from dashboard.components.page.carried_quiz import first_set
from dashboard.components.page.display import choose_display
from dashboard.components.page.scope import Scope, choose_population
from dashboard.components.trace.changes import show_change
from dashboard.components.trace.choices import choose_cell, choose_gpt, choose_other
from dashboard.components.trace.downloads import graph_downloads
from dashboard.components.trace.every_gpt import show_every_gpt
from dashboard.components.trace.names import names_by_block
from dashboard.components.trace.picture import trace_picture
from dashboard.components.trace.summary import (
    margin_words,
    origin_sentence,
    scores_sentence,
    target_sentence,
)
from dashboard.data.circuit.traces import traced_answer
from dashboard.data.population.populations import any_hook

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Trace", width="content")
    population = choose_population()
    choose_display()
with st.container(horizontal=True, vertical_alignment="bottom"):
    quiz = choose_quiz(
        population, first_set=first_set("trace", population), editing=False, resets=(*OF_A_QUIZ, "part")
    )
    model_k = choose_gpt(population)
    position = choose_cell(quiz)
    other = choose_other(int(quiz.tokens[position]))
show_caption(quiz)
traced = traced_answer(population, model_k, quiz.tokens, position, other)
scope = Scope(population, any_hook(population, permalink.read("hook")))
st.markdown(f"{target_sentence(traced, model_k)} {origin_sentence(traced)}")
show_change(population, model_k, quiz.tokens, traced)
trace_picture(
    traced,
    key="trace",
    words=margin_words(traced),
    address=scope.link(gpt=model_k),
    names=names_by_block(population, model_k, traced),
    on_cell=lambda clicked: permalink.write(cell=clicked, against=None, change=None, part=None),
    on_change=lambda asked: permalink.write(change=asked),
)
st.caption(
    "Each column shows the quiz's grids: first its tokens, then what features say after each block. A mark "
    "stands where a node is; its size is its influence on the answer. A curve is what the next block makes "
    "of it, as thick as the influence it hands on, in the colour of the way it takes. A GPT writes a cell "
    "after reading the one before it, so an answer ends one cell further. Click a cell of the answer's grid "
    f"to trace that one. {scores_sentence(traced)}"
)
graph_downloads(population, traced)
show_every_gpt(population, quiz.tokens, traced)
