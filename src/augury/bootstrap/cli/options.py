"""Options that several commands have."""

from pathlib import Path

import click

DATA = "Data folder (AUGURY_DATA, ./.augury)."
data_option = click.option("--data", type=click.Path(path_type=Path), help=DATA)
host = click.option("--host", help="Address to listen on (AUGURY_HOST, 127.0.0.1).")
port = click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (AUGURY_PORT, 8000).")
