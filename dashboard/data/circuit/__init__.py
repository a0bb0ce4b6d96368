"""What an answer depends on: traces, attribution, interventions."""
