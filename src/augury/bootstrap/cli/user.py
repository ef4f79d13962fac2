"""The operator's commands for accounts."""

from uuid import UUID

import click

from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.people.block_user import BlockUser
from augury.application.people.change_password import ChangePassword
from augury.application.people.change_role import ChangeRole
from augury.application.people.register_user import RegisterUser
from augury.application.people.unblock_user import UnblockUser
from augury.bootstrap.cli.account import balance_in_words, look_up, show_account
from augury.bootstrap.cli.options import ASKED_FOR, NumberRange
from augury.bootstrap.operating import Operator, operates
from augury.domain.audit import Action, act_on_user
from augury.domain.email_address import normalized_email
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import Role, User, UserNotFound


@click.group()
def user() -> None:
    """Accounts: create, show, promote, set-password, top-up, reverse, share, block, unblock.

    Instead of an EMAIL, every command but create also takes the user's id: accounts made in Telegram have no
    address.
    """


async def _known(operator: Operator, email: str) -> User:
    """The user of this address or id. Raises `UserNotFound`, `InvalidEmail`."""
    users = operator.users
    try:
        return await users.get(UserId(UUID(email)))
    except ValueError:
        pass
    secret = await users.by_email(normalized_email(email))
    if secret is None:
        raise UserNotFound
    return secret.user


def _name(known: User) -> str:
    return known.email or str(known.id)


@user.command("create")
@click.argument("email")
@click.option("--admin", is_flag=True, help="Make the user an administrator.")
@click.password_option(help=ASKED_FOR)
@operates
async def create(operator: Operator, email: str, password: str, *, admin: bool) -> None:
    """Open an account. Asks for the password unless --password is given."""
    register = RegisterUser(
        users=operator.users,
        passwords=operator.passwords,
        throttle=operator.throttle,
        clock=operator.clock,
        limits=operator.limits,
    )
    role = Role.ADMIN if admin else Role.MEMBER
    made = await register(email=email, password=password, role=role, author=operator.author)
    click.echo(f"created {made.email} ({made.role}), id {made.id}")


@user.command("show")
@click.argument("email")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000),
    default=10,
    show_default=True,
    help="How many transfers and how many predictions to show, the newest first.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@operates
async def show(operator: Operator, email: str, limit: int, *, as_json: bool) -> None:
    """Show an account: its balance, its statement and its predictions, without their rows and answers."""
    known = await _known(operator, email)
    show_account(await look_up(operator, known, limit=limit), as_json=as_json)


@user.command("promote")
@click.argument("email")
@operates
async def promote(operator: Operator, email: str) -> None:
    """Make a user an administrator."""
    known = await _known(operator, email)
    await ChangeRole(users=operator.users)(user_id=known.id, role=Role.ADMIN, by=None, author=operator.author)
    click.echo(f"{_name(known)} is now an administrator")


@user.command("set-password")
@click.argument("email")
@click.password_option(help=ASKED_FOR)
@click.option("--end-api-keys", is_flag=True, help="Also delete the account's API keys.")
@operates
async def set_password(operator: Operator, email: str, password: str, *, end_api_keys: bool) -> None:
    """Replace a password and end the account's sessions."""
    known = await _known(operator, email)
    change_password = ChangePassword(
        users=operator.users,
        passwords=operator.passwords,
        throttle=operator.throttle,
        known=operator.known_callers,
        limits=operator.limits,
    )
    await change_password(
        user_id=known.id,
        current=None,
        new=password,
        end_api_keys=end_api_keys,
        author=operator.author,
    )
    ended = "sessions and API keys" if end_api_keys else "sessions"
    click.echo(f"the password of {_name(known)} was changed, and all {ended} ended")


@user.command("top-up")
@click.argument("email")
@click.argument("credits", type=click.IntRange(min=1))
@operates
async def top_up(operator: Operator, email: str, credits: int) -> None:
    """Add credits to an account's balance."""
    known, reference = await _known(operator, email), str(uuid7())
    top_up = TopUp(users=operator.users, books=operator.books)
    moved = await top_up(user_id=known.id, amount=credits, payment=reference, author=operator.author)
    click.echo(f"{_name(known)} has {balance_in_words(moved.balance)}; the top-up's reference is {reference}")


@user.command("reverse")
@click.argument("email")
@click.argument("payment", metavar="TOP-UP")
@click.option("--credits", type=click.IntRange(min=1), help="How many to take back. Default: all of them.")
@operates
async def reverse(operator: Operator, email: str, payment: str, credits: int | None) -> None:
    """Take back a mistaken top-up. Refused if too few credits are available, or if it was taken back before.

    TOP-UP is its reference, which `augury user top-up` and `augury user show` print, or the name of its
    payment if it has one.
    """
    known = await _known(operator, email)
    reverse_top_up = ReverseTopUp(users=operator.users, books=operator.books)
    moved = await reverse_top_up(user_id=known.id, payment=payment, amount=credits, author=operator.author)
    click.echo(f"{_name(known)} has {balance_in_words(moved.balance)}")


@user.command("share")
@click.argument("email")
@click.argument("weight", type=NumberRange(0.01, 100))
@operates
async def share(operator: Operator, email: str, weight: float) -> None:
    """Change an account's share of the bulk lane, where large work waits for its turn.

    The default weight is 1. While others wait, an account with the weight 3 gets three times as much as one
    with the weight 1.
    """
    known = await _known(operator, email)
    act = act_on_user(operator.author, Action.CHANGE_SHARE, known.id, after={"weight": weight})
    await operator.bulk_lane.set_weight(known.id, weight, act=act)
    click.echo(f"{_name(known)} has the weight {weight:g} in the bulk lane")


@user.command("block")
@click.argument("email")
@operates
async def block(operator: Operator, email: str) -> None:
    """Block an account: sign-in, tokens, API keys and chats stop working; accepted predictions still run."""
    known = await _known(operator, email)
    block_user = BlockUser(users=operator.users, known=operator.known_callers, clock=operator.clock)
    await block_user(user_id=known.id, by=None, author=operator.author)
    click.echo(f"{_name(known)} is blocked, and all sessions ended")


@user.command("unblock")
@click.argument("email")
@operates
async def unblock(operator: Operator, email: str) -> None:
    """Unblock an account."""
    known = await _known(operator, email)
    await UnblockUser(users=operator.users)(user_id=known.id, author=operator.author)
    click.echo(f"{_name(known)} is not blocked")
