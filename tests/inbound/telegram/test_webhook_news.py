from datetime import UTC, datetime

from augury.domain.webhook import DisabledWhy, EventType
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually


async def test_the_owner_of_a_disabled_webhook_is_told_once_in_the_linked_chat(town: Town) -> None:
    hexagon = town.hexagon
    async with town.bot():
        town.person().says("/balance")
        await town.said("You have 10 credits")
    user_id = hexagon.memory.state.chats[CHAT].user_id
    url = "https://receiver.example.org/?a=1&b=2"
    hooks = [
        (await hexagon.create_webhook(user_id=user_id, url=url, events=[EventType.BATCH_FINISHED]))[0]
        for _ in range(2)
    ]
    for hook, why in zip(hooks, (DisabledWhy.FAILING, DisabledWhy.BY_OWNER), strict=True):
        disabled = hook.disable(why, at=datetime.now(UTC))
        hexagon.memory.state.webhooks[hook.id] = disabled

    for _ in range(2):
        async with town.bot():
            await eventually(lambda: hooks[0].id in hexagon.memory.state.webhooks_told)

    told = [each.text for each in town.telegram.to(CHAT) if "webhook" in each.text]
    assert len(told) == 1
    assert url in told[0]
    assert str(hooks[0].id) in told[0]
