"""A population at a glance: accuracy, training, SAEs, concept coverage."""

import streamlit as st

from culture_core.figures.charts import accuracy_chart
from culture_core.figures.population_charts import accuracy_curves, coverage_chart, loss_curves
from dashboard.components.home.layers import show_layers
from dashboard.components.page.charts import chart
from dashboard.components.page.scope import Scope, scope_with_saes
from dashboard.data.population import indexes, measurements
from dashboard.data.population.population_tables import population_table, sae_table
from dashboard.data.population.populations import Population


def show_population(population: Population) -> None:
    evaluation = measurements.evaluation(population)
    left, right = st.columns(2, gap="large")
    with left:
        alt = "; ".join(f"GPT {m['id']} {m['greedy_accuracy']:.0%}" for m in evaluation["models"])
        chart(
            accuracy_chart(evaluation["models"]),
            f"Accuracy of the GPTs by task. Overall: {alt}",
            key="accuracy",
        )
    with right:
        st.table(population_table(population.manifest, evaluation), border="horizontal")
        quizzes = evaluation["models"][0]["quizzes"]
        config = population.manifest["config"]
        st.caption(
            f"{config['n_blocks']} blocks of {config['n_heads']} heads, width {config['d_model']}. "
            f"Measured on {quizzes:,} quizzes never trained on, an equal share of each task. *Quizzes "
            "right*: every cell takes its most likely colour, all 100 must be right. *Sampled right*: "
            "colours are drawn from the GPT's probabilities instead. Bars are 95% intervals."
        )
    show_training(population)


def show_training(population: Population) -> None:
    """The curves of the training, where the population has them."""
    logs = measurements.training_logs(population)
    curves = (
        (accuracy_curves(logs), "Share of held-out quizzes right by quizzes trained on, a line per GPT"),
        (loss_curves(logs), "Loss of the last grid by quizzes trained on, a line per GPT"),
    )
    drawn = [(figure, words) for figure, words in curves if figure is not None]
    for column, (figure, words) in zip(st.columns(2, gap="large"), drawn, strict=False):
        with column:
            st.markdown(f"**{words.split(' by ')[0]}** as training went on")
            chart(figure, words, key=words)
    if drawn and population.manifest.get("training", {}).get("start"):
        st.caption(
            "The training went on from GPTs that had been trained before: the curves begin where those had "
            "ended, and the loss first rises with the learning rate."
        )


def show_saes(population: Population) -> None:
    scope = scope_with_saes(population)
    if len(population.hooks) > 1:
        show_layers(population)
    st.markdown(f"at `{scope.hook}`")
    st.table(sae_table(measurements.saes(population, scope.hook)), border="horizontal")
    show_coverage(scope)
    st.caption(
        "*L0*: features that fire on a token, on average. *Explained variance*: how much of the state the "
        "features rebuild. *Dead*: features that never fire. *with it*: the GPT runs on the rebuilt state."
    )


def show_coverage(scope: Scope) -> None:
    """How much of the ground truth the features tell, where they have been graded."""
    graded = [k for k in scope.population.models if indexes.has_grades(scope.population, scope.hook, k)]
    if not graded:
        return
    coverage = [indexes.grades(scope.population, scope.hook, k).coverage for k in graded]
    mean = sum(record["sae"] for record in coverage) / len(coverage)
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        chart(
            coverage_chart(coverage),
            f"Concept coverage by kind of concept; over all, SAE features reach {mean:.2f}",
            key=f"coverage.{scope.hook}",
        )
    right.markdown(
        f"**Coverage {mean:.2f}.** A quiz's maker knows what every cell is. For each of "
        f"{coverage[0]['n_concepts']} such concepts we take the feature that tells it best (F1, on quizzes "
        "the threshold was not chosen on) and average. Grey: the same for what needs no SAE."
    )
