import msgspec

from augury.cards.card import Bin, Card, Confusion, Curve, Score, Skipped, Threshold, Used, encoded
from tests.hexagon import a_model
from tests.http_api import Api, is_problem

CARD = Card(
    task="classes",
    target="<b>leaves</b>",
    trained_at="2026-11-28T09:30:00+00:00",
    table="churn.csv",
    table_sha256="ab" * 32,
    table_rows=1000,
    train_rows=800,
    test_rows=200,
    split="the test is a random 20 % of the rows",
    trees=120,
    seconds=3.5,
    settings="trees of depth 6",
    baseline="always 'no'",
    notes=["2 rows without an answer are left out"],
    features=[Used("age & more", "number", "62 different numbers", 0.01, 100.0)],
    skipped=[Skipped("id", "looks like an id")],
    scores=[Score("auc", 0.91, 0.88, 0.93, 0.5)],
    calibration=[Bin(0.1, 0.12, 150), Bin(0.8, 0.75, 50)],
    confusion=Confusion(["no", "yes"], [[140, 10], [20, 30]]),
    threshold=Threshold(0.2, "yes", 1, 4, 0.3, 0.4, 0.5),
    curve=Curve("Logloss", [1, 60, 120], [0.6, 0.3, 0.2], [0.6, 0.4, 0.41]),
)


def offer(api: Api) -> None:
    for version in (1, 2):
        model = a_model("churn", version, active=version == 2)
        api.hexagon.memory.state.models[model.ref] = model
    api.hexagon.memory.state.model_cards[model.ref] = encoded(CARD).decode()


async def test_the_card_of_a_version_is_json(api: Api) -> None:
    offer(api)

    for name in ("churn", "churn@2"):
        response = await api.client().get(f"/models/{name}/card")
        card = response.json()

        assert response.status_code == 200
        assert (card["target"], card["scores"][0]) == (
            "<b>leaves</b>",
            {"name": "auc", "value": 0.91, "low": 0.88, "high": 0.93, "baseline": 0.5},
        )
        assert response.headers["vary"] == "Accept, Accept-Language"


async def test_the_card_is_a_page_without_scripts_for_a_browser(api: Api) -> None:
    offer(api)

    response = await api.client().get("/models/churn/card", headers={"Accept": "text/html,*/*;q=0.8"})

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    shown = response.text
    assert "&lt;b&gt;leaves&lt;/b&gt;" in shown
    assert "<b>leaves" not in shown
    for words in ("churn@2", "age &amp; more", "0.91", "looks like an id", "<svg", "prefers-color-scheme"):
        assert words in shown
    for forbidden in ("<script", "http://", "https://", "url("):
        assert forbidden not in shown


async def test_the_page_is_in_the_language_of_the_browser(api: Api) -> None:
    offer(api)

    for accepted, language, title in (
        ("ru-RU,ru;q=0.9,en;q=0.5", "ru", "Насколько она хороша"),
        ("de,en;q=0.5", "en", "How good it is"),
    ):
        response = await api.client().get(
            "/models/churn/card", headers={"Accept": "text/html", "Accept-Language": accepted}
        )
        assert response.headers["content-language"] == language
        assert f'<html lang="{language}">' in response.text
        assert title in response.text


async def test_a_model_without_a_card_says_so(api: Api) -> None:
    offer(api)

    assert is_problem(await api.client().get("/models/churn@1/card"), 404, "card-not-found")
    assert is_problem(await api.client().get("/models/nowhere/card"), 404, "model-not-found")


def test_bins_of_classes_have_no_interval() -> None:
    """It would say that the truth lies between 0 and 0."""
    assert b'"low"' not in msgspec.json.encode(Bin(said=0.2, seen=0.25, rows=4))
    assert (
        msgspec.json.decode(b'{"said": 0.2, "seen": 0.25, "rows": 4, "low": 0, "high": 0}', type=Bin).rows
        == 4
    )
