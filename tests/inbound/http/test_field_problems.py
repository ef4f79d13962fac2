import pytest

from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning
from augury.inbound.http.problems.field_problems import FieldProblem, row_problems, row_warnings


@pytest.mark.parametrize("fault", RowFault)
def test_every_fault_has_its_words(fault: RowFault) -> None:
    [problem] = row_problems([RowError(3, "age", fault)])

    assert problem == FieldProblem(3, "age", problem.message)
    assert " " in problem.message


@pytest.mark.parametrize("doubt", RowDoubt)
def test_every_doubt_has_its_words(doubt: RowDoubt) -> None:
    [problem] = row_warnings([RowWarning(3, "age", doubt, 7)])

    assert problem == FieldProblem(3, "age", problem.message)
    assert " " in problem.message
    assert "{" not in problem.message
