"""Loads the server of the SDK without its client.

The packages `mcp` and `mcp.server` import everything that they offer: the client, an HTTP library, OAuth with
cryptography. A process that only answers agents never uses these, and they take 12 MB.
"""

import sys
from importlib.util import find_spec, module_from_spec

PACKAGES = ("mcp", "mcp.server")


def load_only_what_is_named() -> None:
    """Call this before the first import of the SDK. From then on, an import of `mcp.server.lowlevel` loads
    only that module and the modules that it imports. A package itself is loaded when one of its names is
    used.

    Raises `ImportError` if the SDK is not installed.
    """
    for name in PACKAGES:
        if name not in sys.modules:
            _offer(name)


def _offer(name: str) -> None:
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(name=name)
    loader, package = spec.loader, module_from_spec(spec)

    def load(attribute: str) -> object:
        del package.__dict__["__getattr__"]
        loader.exec_module(package)
        return getattr(package, attribute)

    package.__dict__["__getattr__"] = load  # PEP 562
    sys.modules[name] = package
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, package)  # as an import would
