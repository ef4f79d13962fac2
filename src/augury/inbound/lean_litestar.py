"""Litestar without the plugins that it adds for libraries which are not used here."""

from litestar import Litestar
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from typing_extensions import override


class LeanLitestar(Litestar):
    """By default, Litestar loads pydantic, both of its versions, and attrs if they are installed, as they are
    with the SDK for agents. They take 3 MB. All types here are msgspec's and dataclasses."""

    @staticmethod
    @override
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]
