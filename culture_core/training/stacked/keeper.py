"""Checks of a training of stacked GPTs, which keep the best weights in the output folder, with the report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from culture_core.training.stacked.checks import Check, mean_accuracy
from culture_core.training.stacked.feed import Feed
from culture_core.training.stacked.journal import Journal
from culture_core.training.stacked.learner import Learner
from culture_core.training.stacked.model import Route
from culture_core.training.stacked.output import OutputFolder
from culture_core.training.stream import task_mix


class Keeper:
    """Checks the weights and their average, and writes the better ones unless earlier ones were better still.

    report: what report.json says beside progress and checks.
    """

    def __init__(
        self,
        out: OutputFolder,
        learner: Learner,
        feed: Feed,
        journal: Journal,
        report: dict[str, Any],
        n_check: int,
    ) -> None:
        self.out, self.learner, self.feed, self.journal, self.report = out, learner, feed, journal, report
        self._check = Check(feed.tasks, n_check, learner.device)
        self._best = -1.0
        self.report.setdefault("checks", [])

    def check(self, route: Route, *, finished: bool = False) -> None:
        """Check, write, and let the next quizzes prefer the tasks that fail."""
        started, learner = self.journal.clock.now, self.learner
        candidates: dict[str, Mapping[str, Tensor]] = {
            "average": learner.optimizer.average,
            "last": learner.weights,
        }
        whole = replace(route, parts=1)
        reports = {
            which: self._check(weights, learner.config, whole) for which, weights in candidates.items()
        }
        accuracy = {which: round(mean_accuracy(found), 6) for which, found in reports.items()}
        best = max(accuracy, key=lambda which: accuracy[which])
        self._note(accuracy, best, reports[best])
        if accuracy[best] >= self._best:
            self._best = accuracy[best]
            self._keep(best, candidates[best], reports[best])
        self._write_report(finished)
        self._prefer_failing_tasks(reports[best])
        self.journal.say(f"checked and written in {self.journal.clock.now - started:.1f} s")
        self.journal.restart(learner)

    def _note(self, accuracy: Mapping[str, float], best: str, reports: Sequence[Mapping[str, Any]]) -> None:
        seen = self.learner.seen
        self.journal.note_check(seen, reports)
        entry = {"seen": seen, "seconds": self._seconds(), "mean_greedy": dict(accuracy)}
        self.report["checks"].append({**entry, "greedy": [report["greedy_accuracy"] for report in reports]})
        means = ", ".join(f"{which} {share:.1%}" for which, share in accuracy.items())
        self.journal.say(
            f"right on {reports[0]['quizzes']} held-out quizzes, mean over GPTs: {means}; of {best}:"
        )
        for k, report in enumerate(reports):
            tasks = " ".join(
                f"{t} {100 * one['greedy_accuracy']:.0f}" for t, one in report["by_task"].items()
            )
            self.journal.say(f"  GPT {k}: {report['greedy_accuracy']:.1%}: {tasks}")

    def _keep(self, which: str, weights: Mapping[str, Tensor], reports: Sequence[Mapping[str, Any]]) -> None:
        self.out.write_models(weights, self.learner.config, self.learner.n_models)
        self.report["saved"] = {"weights": which, "seen": self.learner.seen, "seconds": self._seconds()}
        self.report["accuracy"] = [report["greedy_accuracy"] for report in reports]

    def _write_report(self, finished: bool) -> None:
        progress = {"seen": self.learner.seen, "steps": self.learner.steps, "taken": self.feed.taken}
        self.out.write_report({**self.report, **progress, "seconds": self._seconds(), "finished": finished})

    def _prefer_failing_tasks(self, reports: Sequence[Mapping[str, Any]]) -> None:
        for k, report in enumerate(reports):
            accuracy = [report["by_task"][task]["expected_accuracy"] for task in self.feed.tasks]
            self.feed.mix[k] = task_mix(accuracy, self.learner.recipe).to(torch.float32)

    def _seconds(self) -> float:
        return round(self.journal.clock.now, 1)
