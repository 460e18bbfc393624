"""The made-up country of the places bench: it is as large as it says, and answers like ours."""

from __future__ import annotations

from bench.places import TOWNS, VILLAGES, Question, ask, country, measure_places, saved_questions
from knowledge.catalogue import Catalogue


def test_a_small_country_answers_its_own_and_the_real_questions(catalogue: Catalogue) -> None:
    made = country(catalogue, cities=5)
    added = len(made.atlas.regions) - len(catalogue.atlas.regions)
    assert added == 5 * (1 + TOWNS * (1 + VILLAGES))
    assert ask(made, Question("zhongshan", text="小榄镇")) == ask(
        catalogue, Question("zhongshan", text="小榄镇")
    )
    town = next(
        region
        for region in made.atlas.regions.values()
        if region.city_id == "made3" and region.level == "town" and region.lat is not None
    )
    assert ask(made, Question("made3", text=f"我在{town.name}那边")) > 0
    assert town.lat is not None
    assert town.lng is not None
    assert ask(made, Question("made3", at=(town.lat, town.lng))) > 0


def test_every_answer_is_timed(catalogue: Catalogue) -> None:
    questions = saved_questions()
    assert len(questions) > 700
    assert len(measure_places(catalogue, questions[:5], rounds=2).times) == 10
