"""The operator's commands about accounts."""

import click
from dishka import AsyncContainer

from augury.application.money.top_up import TopUp
from augury.application.people.change_password import ChangePassword
from augury.application.people.change_role import ChangeRole
from augury.application.people.ports import Secret, Users
from augury.application.people.register_user import RegisterUser
from augury.bootstrap.operating import operates
from augury.domain.user import Role, UserNotFound, normalized_email


@click.group()
def user() -> None:
    """Accounts: create, promote, set-password, top-up."""


async def _known(container: AsyncContainer, email: str) -> Secret:
    users: Users = await container.get(Users)
    secret = await users.by_email(normalized_email(email))
    if secret is None:
        raise UserNotFound
    return secret


@user.command("create")
@click.argument("email")
@click.option("--admin", is_flag=True, help="Make an administrator.")
@click.password_option()
@operates
async def create(container: AsyncContainer, email: str, password: str, *, admin: bool) -> None:
    """Open an account; asks for the password unless --password is given."""
    register = await container.get(RegisterUser)
    role = Role.ADMIN if admin else Role.MEMBER
    made = await register(email=email, password=password, role=role)
    click.echo(f"created {made.email} ({made.role}), id {made.id}")


@user.command("promote")
@click.argument("email")
@operates
async def promote(container: AsyncContainer, email: str) -> None:
    """Make an account an administrator's."""
    secret = await _known(container, email)
    await (await container.get(ChangeRole))(user_id=secret.user.id, role=Role.ADMIN, by=None)
    click.echo(f"{secret.user.email} is an administrator now")


@user.command("set-password")
@click.argument("email")
@click.password_option()
@operates
async def set_password(container: AsyncContainer, email: str, password: str) -> None:
    """Replace a password and end the account's sessions."""
    secret = await _known(container, email)
    await (await container.get(ChangePassword))(user_id=secret.user.id, current=None, new=password)
    click.echo(f"the password of {secret.user.email} is changed, its sessions are ended")


@user.command("top-up")
@click.argument("email")
@click.argument("credits", type=click.IntRange(min=1))
@operates
async def top_up(container: AsyncContainer, email: str, credits: int) -> None:
    """Add credits to an account's balance."""
    secret = await _known(container, email)
    moved = await (await container.get(TopUp))(user_id=secret.user.id, amount=credits)
    click.echo(f"{secret.user.email} has {moved.balance.available} credits available")
