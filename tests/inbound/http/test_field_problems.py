import pytest

from augury.domain.row_errors import RowError, RowFault
from augury.inbound.http.field_problems import FieldProblem, row_problems


@pytest.mark.parametrize("fault", RowFault)
def test_every_fault_has_its_words(fault: RowFault) -> None:
    [problem] = row_problems([RowError(3, "age", fault)])

    assert problem == FieldProblem(3, "age", problem.message)
    assert " " in problem.message
