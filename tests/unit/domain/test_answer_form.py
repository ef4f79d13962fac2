import json

import pytest

from augury.domain.answer import Answer, answers_in
from augury.domain.answer_form import AnswerForm, ModelTask

EXAMPLES: dict[ModelTask, tuple[tuple[str, ...], Answer, list[str]]] = {
    ModelTask.CLASSIFICATION: (
        ("no", "yes"),
        {"label": "yes", "probabilities": {"no": 0.25, "yes": 0.75}},
        ["label", "p_no", "p_yes"],
    ),
    ModelTask.MULTILABEL: (
        ("red", "big"),
        {"labels": [], "probabilities": {"red": 0.25, "big": 0.25}},
        ["labels", "p_red", "p_big"],
    ),
    ModelTask.REGRESSION: ((), {"value": 1.5}, ["value"]),
    ModelTask.MULTI_REGRESSION: (
        ("0.1", "0.9"),
        {"values": {"0.1": 0.0, "0.9": 2.5}},
        ["value_0.1", "value_0.9"],
    ),
    ModelTask.UNCERTAIN_REGRESSION: (
        (),
        {"value": 1.5, "standard_deviation": 0.5},
        ["value", "standard_deviation"],
    ),
    ModelTask.RANKING: ((), {"value": 1.5, "rank": 2}, ["value", "rank"]),
}


@pytest.mark.parametrize("task", ModelTask)
def test_an_answer_is_the_same_after_it_was_the_cells_of_a_table(task: ModelTask) -> None:
    names, answer, columns = EXAMPLES[task]
    form = AnswerForm(task, names)

    assert [column.name for column in form.columns] == columns
    assert len({column.key for column in form.columns}) == len(columns)
    assert form.answer(form.cells(answer)) == answer
    assert form.answer([None] * len(columns)) is None


@pytest.mark.parametrize("task", ModelTask)
def test_the_form_of_stored_answers_is_found_again(task: ModelTask) -> None:
    names, answer, _ = EXAMPLES[task]

    assert AnswerForm.of(answers_in(json.dumps([None, answer]).encode())) == AnswerForm(task, names)


def test_a_label_without_probabilities_keeps_none() -> None:
    form = AnswerForm.of([{"label": "long"}])

    assert [column.name for column in form.columns] == ["label"]
    assert form.answer(["long"]) == {"label": "long"}
    assert AnswerForm(ModelTask.CLASSIFICATION, ("long", "short")).answer(["long", None, None]) == {
        "label": "long"
    }
