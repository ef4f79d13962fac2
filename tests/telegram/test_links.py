"""A chat is linked to an account: balances are merged once, even if the code is used twice at once."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

import httpx
from asyncpg import Pool

from augury.domain.identifiers import UserId
from tests.processes import eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import USERNAME, Person, Sent, TelegramServer
from tests.telegram.test_dialogue import newest

PASSWORD = "correct horse battery"


def account(service: BotService, client: httpx.Client, name: str, credits: int) -> dict[str, str]:
    credentials = {"email": f"{name}@example.org", "password": PASSWORD}
    client.post("/auth/register", json=credentials).raise_for_status()
    tokens = client.post("/auth/token", json=credentials).raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    user_id = client.get("/users/me", headers=headers).raise_for_status().json()["id"]
    service.top_up(UserId(UUID(user_id)), credits)
    return headers


def test_a_link_joins_credits_and_history_once_though_two_chats_use_it_at_once(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.worker()
    service.api()
    service.bot()
    ada, bob = telegram.person(7), telegram.person(8)
    for person in (ada, bob):
        person.says("good day")
    eventually(lambda: count(telegram, "9 left") == 2, what="two results")
    with httpx.Client(base_url=service.url, timeout=30) as client:
        headers = account(service, client, "ada", 100)
        link = client.post("/users/me/telegram-link", headers=headers).raise_for_status().json()
        assert link["url"].startswith(f"https://t.me/{USERNAME}?start=")
        code = link["url"].partition("=")[2]
        assert len(code) <= 64

        asked = "Link this chat to the account a•••@example.org?"
        for person in (ada, bob):
            person.says(f"/start {code}")
        eventually(lambda: count(telegram, asked) == 2, what="two questions")
        assert client.get("/balance", headers=headers).json()["available"] == 100
        questions = {sent.chat_id: sent for sent in telegram.sent if asked in sent.text}
        for _ in range(2):
            for person, chat_id in ((ada, 7), (bob, 8)):
                person.presses(questions[chat_id], "Link")
        refused = "This link was used before"
        linked = "This chat is now linked to your account"
        eventually(lambda: count(telegram, linked) == 2 and count(telegram, refused) == 2, what="answers")

        balance = client.get("/balance", headers=headers).json()
        assert balance == {"available": 109, "held": 0}
        history = client.get("/predictions", headers=headers).json()["items"]
        assert [each["status"] for each in history] == ["succeeded"]
        merges = client.get("/balance/transfers", headers=headers).json()["items"]
        assert [(each["kind"], each["amount"]) for each in merges if each["kind"] == "merge"] == [
            ("merge", 9)
        ]
    [winner] = [each for each in (7, 8) if any(linked in sent.text for sent in telegram.to(each))]
    telegram.people[winner].says("/history")
    eventually(lambda: any("newest first" in sent.text for sent in telegram.to(winner)))
    assert not service.deviations()


def count(telegram: TelegramServer, words: str) -> int:
    return sum(words in each.text for each in telegram.sent)


def test_a_chat_with_open_holds_is_not_absorbed(service: BotService, telegram: TelegramServer) -> None:
    service.has("tone")
    service.api()
    service.bot()
    ada = telegram.person(7)
    ada.says("good day")
    newest(telegram, "In the queue")
    with httpx.Client(base_url=service.url, timeout=30) as client:
        headers = account(service, client, "ada", 100)
        link = client.post("/users/me/telegram-link", headers=headers).json()
        ada.says(f"/start {link['url'].partition('=')[2]}")
        newest(telegram, "1 unfinished prediction. Wait for it or cancel it first")

        ada.presses(newest(telegram, "In the queue"), "Cancel")
        newest(telegram, "Canceled. Your credits were returned")
        ada.says(f"/start {link['url'].partition('=')[2]}")
        ada.presses(newest(telegram, "Link this chat"), "Link")
        newest(telegram, "This chat is now linked to your account")
        assert client.get("/balance", headers=headers).json()["available"] == 110
    assert not service.deviations()


CHAT_ID = 77_123_456_789
SAID = "a good day for marigolds"


def test_a_link_is_undone_and_what_is_deleted_is_in_no_table_afterwards(
    service: BotService, telegram: TelegramServer
) -> None:
    service.has("tone")
    service.worker()
    service.api()
    service.bot()
    ada = telegram.person(CHAT_ID)
    answer = partial(newest, telegram, chat_id=CHAT_ID)
    ada.says(SAID)
    answer("9 left")
    with httpx.Client(base_url=service.url, timeout=60) as client:
        headers = account(service, client, "marigold", 100)
        link = client.post("/users/me/telegram-link", headers=headers).json()
        ada.says(f"/start {link['url'].partition('=')[2]}")
        ada.presses(answer("Link this chat to the account m•••@example.org?"), "Link")
        answer("This chat is now linked to your account")
        buys_100_credits(telegram, ada)
        answer("Receipt: ")
        assert client.get("/balance", headers=headers).json()["available"] == 209
        rows = {"data": [{"text": SAID}] * 150, "model": "tone"}
        waits = headers | {"Prefer": "wait=60"}
        assert client.post("/predictions", json=rows, headers=waits).json()["status"] == "succeeded"

        ada.says("/delete")
        answer("This chat is linked to the account m•••@example.org, which can only be closed")
        ada.says("/unlink")
        answer("It has its own account again, with 59 credits")
        assert client.get("/balance", headers=headers).json() == {"available": 0, "held": 0}
        ada.says("/privacy")
        answer("Payments and movements of credits stay in our accounts, even after /delete")
        ada.says(SAID)
        answer("58 left")
        ada.says("/delete")
        ada.presses(answer("You will lose 58 credits"), "Delete everything")
        answer("Your account is closed")
        assert client.delete("/users/me", headers=headers).status_code == 204

    words = (SAID, "marigold", "m•••", str(CHAT_ID), "Ada")
    # A payment keeps the number of its chat. An update is forgotten once it is handled.
    eventually(
        lambda: service.with_pool(tables_with(words)) == {("telegram_payments", str(CHAT_ID))},
        what="tables without personal data",
    )
    assert not service.deviations()


def buys_100_credits(telegram: TelegramServer, person: Person) -> None:
    person.says("/topup")
    person.presses(newest(telegram, "Telegram Stars", chat_id=person.id), "100 credits · ⭐ 50")
    sent: Sent = eventually(
        lambda: next((each for each in telegram.to(person.id) if each.invoice), None), what="an invoice"
    )
    assert sent.invoice is not None
    confirmed: list[bool] = []
    person.checks_out(sent.invoice, lambda holds, _: confirmed.append(holds))
    eventually(lambda: confirmed, what="an answer at the till")
    person.has_paid(sent.invoice)


def tables_with(words: Sequence[str]) -> Callable[[Pool], Awaitable[set[tuple[str, str]]]]:
    """Which table has which of the words, in any column, also within bytes."""

    async def look(pool: Pool) -> set[tuple[str, str]]:
        columns = await pool.fetch(
            "SELECT table_name AS table, column_name AS column, data_type AS type "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        )
        assert len({each["table"] for each in columns}) > 20
        found = set[tuple[str, str]]()
        for table, column, type_ in columns:
            text = f"encode(\"{column}\", 'escape')" if type_ == "bytea" else f'"{column}"::text'
            for word in words:
                query = f'SELECT EXISTS (SELECT FROM "{table}" WHERE strpos({text}, $1) > 0)'
                if await pool.fetchval(query, word):
                    found.add((table, word))
        return found

    return look
