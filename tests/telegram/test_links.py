"""A chat is linked to an account: balances are merged once, even if the code is used twice at once."""

from uuid import UUID

import httpx

from augury.domain.identifiers import UserId
from tests.processes import eventually
from tests.telegram.conftest import BotService
from tests.telegram.server import USERNAME, TelegramServer
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
