"""The map of features: what a brushed box filters, what is drawn, and where the switch is."""

import numpy as np

from culture_core.figures.feature_map import NO_FAMILY, feature_map
from dashboard.components.feature_list.map import brushed_spans
from dashboard.data.feature.feature_filter import Span
from dashboard.data.words.concept_names import concept_family


def test_a_box_becomes_the_ranges_of_the_table():
    spans = brushed_spans([{"x": [0.012345, 0.0001], "y": [0.25, 0.5]}])
    assert spans == {"density": "0.0001..0.0123", "universality": "0.25..0.5"}
    assert Span.parse(spans["density"]) == Span(0.0001, 0.0123)
    assert brushed_spans([]) == {}


def test_every_feature_is_a_dot_of_its_family():
    figure = feature_map(
        np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.6, 0.7]), ["rule", "", "rule"], list("abc")
    )
    dots = {trace.name: list(trace.text) for trace in figure.data}
    assert dots == {NO_FAMILY: ["b"], "rule": ["a", "c"]}
    assert figure.layout.dragmode == "select"


def test_the_family_of_a_conjunction_is_that_of_its_first_concept():
    assert concept_family("") == ""
    assert concept_family("task:frame & before:red") == concept_family("task:frame")


def test_the_switch_shows_the_map(open_page):
    plain = open_page("features")
    assert not plain.get("plotly_chart")
    switch = next(toggle for toggle in plain.toggle if toggle.label == "Map")
    assert switch.set_value(True).run().get("plotly_chart")
    assert open_page("features", map=1).get("plotly_chart")
