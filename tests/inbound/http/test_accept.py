"""`Accept`: which of two media types a caller prefers."""

import pytest

from augury.inbound.http.protocol.accept import prefers
from tests.http_api import Api

CSV, JSON = "text/csv", "application/json"


@pytest.mark.parametrize(
    ("accept", "csv"),
    [
        ("text/csv", True),
        ("TEXT/CSV", True),
        ("text/*", True),
        ("text/csv, application/json", True),
        ("text/csv;q=0.9, application/json;q=0.8", True),
        ("text/csv, */*", True),
        ("text/csv; header=present; q=0.5", True),
        ("text/csv;q=inf", True),
        ("text/csv;q=nan", True),
        ("text/csv;q=1e400", True),
        ("text/csv;q=", True),
        ("application/json;q=0, */*", True),
        ("application/json, text/csv", False),
        ("application/json, text/csv;q=inf", False),
        ("text/csv;q=0.8, application/json;q=0.9", False),
        ("text/csv;q=0", False),
        ("text/csv;q=0.000, */*", False),
        ("*/*", False),
        ("image/png", False),
        ("", False),
        (",;,;q=1", False),
        ("\xff", False),
    ],
)
def test_the_callers_wish_decides(accept: str, csv: bool) -> None:
    assert prefers({"headers": [(b"accept", accept.encode("latin-1"))]}, CSV, JSON) is csv  # type: ignore[arg-type]  # nothing else is read


def test_several_lines_are_one_list() -> None:
    lines = [(b"accept", b"application/json;q=0.5"), (b"host", b"text/csv"), (b"accept", b"text/csv")]

    assert prefers({"headers": lines}, CSV, JSON)  # type: ignore[arg-type]  # nothing else is read


@pytest.mark.parametrize("weight", ["inf", "-inf", "nan", "1e400", "x"])
async def test_no_weight_is_an_error_of_ours(api: Api, weight: str) -> None:
    member = await api.member()

    response = await member.get("/balance/transfers", headers={"Accept": f"text/csv;q={weight}"})

    assert response.status_code == 200
    assert response.headers["content-type"].startswith(CSV)
