"""What a deployment may say of other systems, and which one takes a city's tickets."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.hooks.systems import System, city_of, incoming, may_be_called, outgoing, system_of
from bot.settings import Settings
from tests.bot.hooks.other import secret_of

ONE, TWO = secret_of("one"), secret_of("two")


def configured(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"WENFA_EXCHANGE__{name}", value)
    return Settings()


def test_nothing_is_on_by_itself() -> None:
    assert Settings().exchange == {}


def test_a_secret_switches_a_system_on(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = configured(
        monkeypatch,
        **{
            "12345__SECRET": f"{ONE}  {secret_of('old')}",
            "12345__URL": "https://12345.example.gov.cn/cases",
            "110_ZHONGSHAN__SECRET": TWO,
        },
    )
    assert set(settings.exchange) == {"12345", "110_zhongshan"}
    assert len(settings.exchange["12345"].keys) == 2
    assert settings.exchange["110_zhongshan"].url is None
    shown = f"{settings!r} {settings.exchange!r} {settings.model_dump()}"
    assert ONE not in shown
    assert ONE.removeprefix("whsec_") not in shown


@pytest.mark.parametrize(
    "variables",
    [
        {"12345__SECRET": "whsec_geheim"},
        {"12345__SECRET": " "},
        {"12345__URL": "https://a.example/"},
        {"12345__SECRET": ONE, "12345__URL": "ftp://a.example/"},
        {"12345__SECRET": ONE, "12345__URL": "https://u:geheim@a.example/"},
        {"12345__SECRET": ONE, "12345__COLOUR": "red"},
        {"12346__SECRET": ONE},
        {"12345_1__SECRET": ONE},
        # the secret says who sent something
        {"12345__SECRET": ONE, "12348__SECRET": ONE},
        {"12345__SECRET": f"{TWO} {ONE}", "12345_QINGYUAN__SECRET": ONE},
    ],
)
def test_what_cannot_be_meant_stops_the_start_without_saying_a_secret(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as wrong:
        configured(monkeypatch, **variables)
    said = str(wrong.value)
    assert "exchange" in said
    assert "geheim" not in said
    assert ONE not in said
    assert wrong.value.errors()[0]["loc"][0] == "exchange"  # what `./wenfa` names


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://12345.example.gov.cn/api?x=1", True),
        ("https://192.0.2.1:8443/", True),
        ("http://127.0.0.1:9000/x", True),
        ("http://localhost/x", True),
        ("http://10.20.30.40/x", True),
        ("http://[::1]/x", True),
        # a resident's words do not go through the open net
        ("http://12345.example.gov.cn/api", False),
        ("http://8.8.8.8/", False),
        ("https://user@a.example/", False),
        ("https://user:word@a.example/", False),
        ("https://@a.example/", False),
        ("https://a.example/#x", False),
        ("https://a.example/\nx", False),
        ("https://a.example:99999/", False),
        ("https:///x", False),
        ("file:///etc/passwd", False),
        ("a.example", False),
        ("", False),
    ],
)
def test_which_addresses_may_be_called(url: str, may: bool) -> None:
    assert may_be_called(url) is may


def test_a_city_s_own_system_goes_before_the_one_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    systems = configured(
        monkeypatch,
        **{
            "12345__SECRET": ONE,
            "12345__URL": "https://all.example/",
            "12345_QINGYUAN__SECRET": TWO,
            "12345_QINGYUAN__URL": "https://qingyuan.example/",
            "110_ZHONGSHAN__SECRET": secret_of("three"),
            "110_ZHONGSHAN__URL": "https://110.example/",
            "12348__SECRET": secret_of("four"),
        },
    ).exchange

    def key(system: System, city: str) -> str | None:
        found = outgoing(systems, system, city)
        return found[0] if found else None

    assert key(System.services, "qingyuan") == "12345_qingyuan"
    assert key(System.services, "zhongshan") == "12345"
    assert key(System.police, "zhongshan") == "110_zhongshan"
    assert key(System.police, "qingyuan") is None
    assert key(System.legal, "zhongshan") is None  # it only sends
    assert [key for key, _ in incoming(systems, "12345")] == ["12345", "12345_qingyuan"]
    assert list(incoming(systems, "12345_qingyuan")) == []
    assert (system_of("12345_qingyuan"), city_of("12345_qingyuan")) == ("12345", "qingyuan")
    assert (system_of("110"), city_of("110")) == ("110", None)
