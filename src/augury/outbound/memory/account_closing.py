"""Closes an account: deletes the personal data and keeps the books."""

from augury.domain.user import User
from augury.outbound.memory.memory import State
from augury.outbound.memory.records import UserRecord
from augury.outbound.memory.webhooks import remove_all


def close(state: State, user: User) -> None:
    state.users[user.id] = UserRecord(user=user)
    state.balances.pop(user.id, None)
    remove_all(state, user.id)
    for record in list(state.predictions.values()):
        if record.prediction.user_id == user.id:
            state.predictions[record.prediction.id] = record.forgotten()
            state.notices.pop(record.prediction.id, None)
    state.replies = {
        name: record
        for name, record in state.replies.items()
        if state.predictions[record.reply.prediction_id].prediction.user_id != user.id
    }
    state.batch_replies = {
        batch_id: each
        for batch_id, each in state.batch_replies.items()
        if state.batches[batch_id].owner != user.id
    }
    state.refresh_tokens = {
        digest: token for digest, token in state.refresh_tokens.items() if token.user_id != user.id
    }
    state.api_keys = {digest: key for digest, key in state.api_keys.items() if key.user_id != user.id}
    state.idempotency_keys = {
        name: record for name, record in state.idempotency_keys.items() if name[0] != user.id
    }
    chats = {name for name, chat in state.chats.items() if chat.user_id == user.id}
    state.chat_sign_ins = {
        digest: asked for digest, asked in state.chat_sign_ins.items() if asked.chat_id not in chats
    }
    state.chats = {name: chat for name, chat in state.chats.items() if chat.user_id != user.id}
    state.linked_at = {name: at for name, at in state.linked_at.items() if name in state.chats}
    state.links = {name: link for name, link in state.links.items() if link.user_id != user.id}
