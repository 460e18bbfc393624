"""Settings: good without any variable, and every variable of the docs counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import ROOT, Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("WENFA_") or name in ("DATABASE_URL", "ENGINE_TRACKER_URL"):
            monkeypatch.delenv(name)


def test_nothing_is_needed() -> None:
    settings = Settings()
    assert settings.home == ROOT / "var"
    assert settings.city == "zhongshan"
    assert (settings.port, settings.actions_port, settings.engine_port) == (8080, 5055, 5005)
    assert settings.database_url == f"sqlite:///{ROOT / 'var' / 'wenfa.sqlite3'}"
    assert settings.engine_tracker_url == f"sqlite:///{ROOT / 'var' / 'engine.sqlite3'}"
    assert settings.session_days == 30
    assert not settings.secure_cookie


def test_only_this_machine_is_served_by_default() -> None:
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert settings.engine_url == "http://127.0.0.1:5005"
    assert settings.actions_url == "http://127.0.0.1:5055"


def test_the_engine_is_given_up_before_the_contract_s_five_seconds() -> None:
    assert Settings().engine_timeout < 5


def test_variables_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "WENFA_HOME": str(tmp_path),
        "WENFA_CITY": "qingyuan",
        "WENFA_HOST": "0.0.0.0",
        "WENFA_PORT": "18080",
        "WENFA_ACTIONS_PORT": "15055",
        "WENFA_ENGINE_PORT": "15005",
        "WENFA_ENGINE_TIMEOUT": "2.5",
        "WENFA_SESSION_DAYS": "7",
        "WENFA_SECURE_COOKIE": "true",
        "WENFA_MODEL": "wenfa-1",
        "DATABASE_URL": "postgresql+psycopg://a@127.0.0.1/b",
        "ENGINE_TRACKER_URL": "postgresql+psycopg2://a@127.0.0.1/c",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.home == tmp_path
    assert settings.city == "qingyuan"
    assert settings.host == "0.0.0.0"
    assert (settings.port, settings.actions_port, settings.engine_port) == (18080, 15055, 15005)
    assert settings.engine_url == "http://127.0.0.1:15005"
    assert settings.engine_timeout == 2.5
    assert settings.session_days == 7
    assert settings.secure_cookie
    assert settings.model == "wenfa-1"
    assert settings.database_url == "postgresql+psycopg://a@127.0.0.1/b"
    assert settings.engine_tracker_url == "postgresql+psycopg2://a@127.0.0.1/c"


@pytest.mark.parametrize(
    ("given", "site"),
    [
        ("https://wenfa.example/", "https://wenfa.example"),
        (" http://wenfa.example:8080 ", "http://wenfa.example:8080"),
        ("https://wenfa.example/city", "https://wenfa.example/city"),
        ("https://wenfa.example/city/a~b//", "https://wenfa.example/city/a~b"),
        ("HTTPS://Wenfa.Example:443/City", "https://wenfa.example:443/City"),
        ("https://wenfa.example:/", "https://wenfa.example"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080"),
        ("https://问法.example/市民", "https://xn--nwwr09f.example/%E5%B8%82%E6%B0%91"),
        ("https://wenfa.example/%E5%B8%82", "https://wenfa.example/%E5%B8%82"),
        ("", ""),
        (" / ", ""),
    ],
)
def test_a_public_address_is_what_paths_are_put_behind(
    monkeypatch: pytest.MonkeyPatch, given: str, site: str
) -> None:
    assert Settings().public_url == ""
    monkeypatch.setenv("WENFA_PUBLIC_URL", given)
    assert Settings().public_url == site


@pytest.mark.parametrize(
    "given",
    [
        "wenfa.example", "javascript:alert(1)", "https://", "https://[x",
        "https://wenfa.example/?a=b", "https://wenfa.example/#a", "https://a:b@wenfa.example",
        # nothing could be put behind these
        "https://wenfa.example/?", "https://wenfa.example/city#", "https://@wenfa.example",
        "https://wenfa.example:99999", "https://wenfa.example:0", "https://wenfa.example:web",
        "https://wen fa.example", "https://wenfa.example/a b", "https://wenfa\n.example",
        "https://wenfa\x01.example", "https://wenfa.example\\a", "https://wenfa.example/\">",
        "https://..", "https://wenfa..example", f"https://{'a' * 64}.example", "https://*",
        "https://[fe80::1%25eth0]", "https:wenfa.example", "https:///wenfa.example",
    ],
)  # fmt: skip
def test_a_public_address_that_leads_nowhere_is_named(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("WENFA_PUBLIC_URL", given)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert [one["loc"] for one in refused.value.errors()] == [("public_url",)]


def test_everything_kept_lies_under_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    for path in (settings.engine_python, settings.gazetteer_file, settings.models):
        assert path.is_relative_to(tmp_path)
    assert str(tmp_path) in settings.database_url
    assert str(tmp_path) in settings.engine_tracker_url


def test_the_engine_never_shares_the_app_s_database() -> None:
    settings = Settings()
    assert settings.engine_tracker_url != settings.database_url


def test_a_relative_home_is_made_absolute_in_addresses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(home=Path("state")).database_url == f"sqlite:///{tmp_path}/state/wenfa.sqlite3"


@pytest.mark.parametrize("name", ["WENFA_HOME", "WENFA_PORT", "DATABASE_URL", "WENFA_CITY"])
def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As runtimes/bootstrap.py and compose files treat it."""
    monkeypatch.setenv(name, "")
    settings = Settings()
    assert settings.home == ROOT / "var"
    assert settings.port == 8080
    assert settings.city == "zhongshan"
    assert settings.database_url.startswith("sqlite:///")


@pytest.mark.parametrize("value", ["abc", "0", "-1", "70000", "80.5"])
def test_a_port_is_a_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("WENFA_PORT", value)
    with pytest.raises(ValidationError):
        Settings()
