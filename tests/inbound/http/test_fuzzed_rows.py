"""Arbitrary rows: accepted requests are run, and charged for exactly their valid rows."""

import json
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from augury.domain.feature import Feature, FeatureKind
from tests.hexagon import a_model
from tests.http_api import Api

FEATURES = (
    Feature("age", FeatureKind.NUMERIC),
    Feature("city", FeatureKind.CATEGORICAL, ("Oslo", "Rome")),
    Feature("text", FeatureKind.TEXT),
)
MODEL = a_model("mixed", row_price=2, features=FEATURES)
GOOD = {"age": "33.5", "city": '"Oslo"', "text": '"Привет"'}
WRITTEN = [
    *(
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1e5",
        "1e400",
        "-1e400",
        "1E-400",
        "3.5e38",
        "01",
        "+1",
        "1.",
        ".5",
    ),
    *("NaN", "Infinity", "-Infinity", "9" * 30, "9" * 5_000, "9223372036854775808", "-9223372036854775809"),
    *('""', '"33"', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\uFFFF"', '"\\x41"'),
    *("'single'", '"tab\t"', '"un', "[]", "{}", "[" * 200 + "]" * 200, '{"age": 1}', "/* no */ 1", ""),
]
"""JSON, and texts that only look like JSON."""
KEYS = ["age", "city", "text", "Age", "__class__", "", "\\u0061ge", "extra", "age"]

values = st.sampled_from([*GOOD.values(), *WRITTEN]) | st.text(max_size=8).map(json.dumps)
rows = st.one_of(
    st.just(GOOD).map(lambda row: [*row.items()]),
    st.tuples(values, values, values).map(lambda three: [*zip(GOOD, three, strict=True)]),
    st.lists(st.tuples(st.sampled_from(KEYS), values), max_size=5),
).map(lambda pairs: "{" + ", ".join(f'"{name}": {value}' for name, value in pairs) + "}")
written = rows | st.lists(rows | values, max_size=5).map(lambda each: f"[{', '.join(each)}]") | values


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=written)
async def test_whatever_is_written_is_refused_or_charged_by_its_valid_rows(api: Api, data: str) -> None:
    api.hexagon.memory.state.models[MODEL.ref] = MODEL
    client = await api.member(credits=100)
    body = f'{{"model": "mixed", "data": {data}}}'.encode("utf-8", "surrogatepass")

    response = await client.post("/predictions", content=body, headers={"Content-Type": "application/json"})

    if response.status_code != 202:
        assert response.status_code in (400, 422), response.text
        assert response.json()["type"].startswith("urn:augury:")
        assert (await client.get("/balance")).json() == {"available": 100, "held": 0}
        return
    await api.hexagon.run_all()
    done: dict[str, Any] = (await client.get(response.json()["urls"]["self"])).json()
    bad = {error["row"] for error in done["errors"]}
    assert done["status"] == "succeeded", "a prediction with no valid row is refused before it costs anything"
    assert done["charged"] == 2 * (done["rows"] - len(bad))
    output = done["output"] if isinstance(done["output"], list) else [done["output"]]
    assert {index for index, each in enumerate(output) if each is None} == bad
    assert (await client.get("/balance")).json() == {"available": 100 - done["charged"], "held": 0}
