from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from partnerships.peers import evaluation, rules, world
from partnerships.peers.evaluation import Direction, Figures

SHORES = {"US": "the American side asks", "JP": "the Japanese side asks"}


class Command(BaseCommand):
    help = (
        "Hide each tie between two municipalities, ask for partners of one side, and say how often the other one is "
        "found: five-fold cross-validation, in both directions, beside chance, population alone and level alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rules", action="store_true", help="also say what each rule adds; takes longer")
        parser.add_argument(
            "--write", action="store_true", help="write the fitted weights and the figures to peers/weights.json"
        )

    def handle(self, **options: Any) -> None:
        present = world.current()
        if not (ties := len(evaluation.hideable(present))):
            raise CommandError(
                "There is no published tie between two municipalities; load_directory loads the real ones."
            )
        if ties < evaluation.FOLDS:
            raise CommandError(f"{ties} ties are too few for {evaluation.FOLDS} folds.")
        with_each = options["rules"] or options["write"]
        directions = evaluation.evaluate(present, with_each_rule=with_each, report_progress=self._say)
        for direction in directions:
            self._report(direction)
        if options["write"]:
            rules.keep(evaluation.as_data(directions, timezone.localdate().isoformat()))
            self.stdout.write("Weights and figures written to peers/weights.json.")

    def _say(self, what: str, done: int, of: int) -> None:
        self.stderr.write(f"  {what} {done}/{of}")

    def _report(self, direction: Direction) -> None:
        self.stdout.write(
            f"{SHORES[direction.country]}: {direction.rules.trials} ties, {direction.candidates:,} places ranked"
        )
        self._row("", "hit@10", "hit@50", "MRR", "ties", "weight")
        self._figures("all rules", direction.rules)
        self._figures("U.S. side 10,000 or more", direction.larger)
        self._figures("chance", direction.random)
        self._figures("population alone", direction.population)
        self._figures("level alone", direction.level)
        for kind, figures in direction.by_level.items():
            self._figures(f"asking: {kind}", figures)
        for name, weight in direction.weights.items():
            if left_out := direction.without.get(name):
                self._figures(f"without {name}", left_out, f"{weight:.2f}")
            else:
                self._row(name, "", "", "", "", f"{weight:.2f}")
        self.stdout.write("")

    def _figures(self, name: str, figures: Figures, weight: str = "") -> None:
        hits = [f"{hit:.3f}" for hit in figures.hits]
        self._row(name, *hits, f"{figures.reciprocal_rank:.4f}", str(figures.trials), weight)

    def _row(self, name: str, *cells: str) -> None:
        self.stdout.write(f"  {name:<24}" + "".join(f"{cell:>9}" for cell in cells).rstrip())
