"""What `augury up` prints when it is ready."""

import pytest

from augury.bootstrap.config import ProcessSettings
from augury.bootstrap.up import _show_banner


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:8000"),
        ("::", "http://localhost:8000"),
        ("192.0.2.7", "http://192.0.2.7:8000"),
        ("fe80::1", "http://[fe80::1]:8000"),
        ("2001:db8::7", "http://[2001:db8::7]:8000"),
    ],
)
def test_its_addresses_can_be_opened(host: str, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    _show_banner(ProcessSettings(host=host))

    said = capsys.readouterr().err
    assert f"Augury is ready at {url}\n" in said
    assert f'curl -X POST "{url}/predictions/predict"' in said
