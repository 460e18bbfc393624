"""./wenfa user, token, audit: what is typed, what is answered, what stands afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from bot.accounts import store
from bot.accounts.logins import Accounts
from bot.accounts.passwords import Passwords
from bot.accounts.tables import Account
from bot.cli import cli
from bot.settings import Settings
from knowledge.tables import City

GOOD = "马 battery staple 88"
ROLES = "operator、supervisor、desk、editor、reviewer、admin"
Run = Callable[..., Result]


@pytest.fixture
def database(any_database: Engine) -> Engine:
    """A migrated database of each kind with one city in it."""
    with Session(any_database) as session, session.begin():
        city = City(
            id="zhongshan", name="中山市", short="中山", province="广东省", region_id="442000",
            position=1, card={}, source="x", as_of="x", shipped_digest="x",
        )  # fmt: skip
        session.add(city)
    return any_database


@pytest.fixture
def run(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    """./wenfa with these arguments; `typed` are the lines of the keyboard."""
    url = database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    # the real hash takes longer, and is the same
    monkeypatch.setattr(
        "bot.accounts.commands.Passwords", lambda: Passwords(time_cost=1, memory_kib=8)
    )

    def wenfa(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(cli, arguments, input=typed)

    return wenfa


def lines(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def failed(result: Result) -> str:
    """The one line of an error."""
    assert result.exit_code == 1, result.output
    *_, line = result.stderr.strip().splitlines()
    assert "Traceback" not in result.output
    assert line in result.stderr
    return line


def account(database: Engine, username: str = "ming") -> Account:
    with Session(database, expire_on_commit=False) as session:
        return store.find(session, username)


def add(run: Run, username: str = "ming", *more: str) -> Result:
    return run("user", "add", username, "--role", "operator", *more, typed=f"{GOOD}\n{GOOD}\n")


def test_adding_somebody(run: Run, database: Engine) -> None:
    done = add(run, "Ming", "--role", "supervisor", "--display", " 陈  明 ", "--city", "中山")
    assert lines(done)[-1] == "已添加 陈 明（ming）：operator、supervisor。"
    assert GOOD not in done.output
    kept = account(database)
    assert (kept.name, kept.city_id, kept.roles) == (
        "陈 明",
        "zhongshan",
        ["operator", "supervisor"],
    )
    assert kept.password_hash.startswith("$argon2id$")
    listed = lines(run("user", "list"))
    assert listed[0].split() == ["用户名", "姓名", "角色", "城市", "状态"]
    assert listed[1].split("  ")[0] == "ming"
    assert listed[1].endswith("正常")


async def test_the_password_lets_in(run: Run, database: Engine) -> None:
    lines(add(run))
    accounts = Accounts(database, Settings())
    _, member = await accounts.login("ming", GOOD, None)
    assert member.name == "ming"


def test_a_password_from_a_script(run: Run, database: Engine) -> None:
    lines(
        run("user", "add", "ming", "--role", "desk", "--password-stdin", typed=f"{GOOD}\r\nmore\n")
    )
    assert Passwords().verify(account(database).password_hash, GOOD)


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (
            "m --role desk",
            "",
            "用户名要用 2 到 32 个小写字母、数字、点、横线，第一个是字母或数字。",
        ),
        ("ming --role desk", "", "用户名 ming 已经有人用了。"),
        ("hua", "", f"至少要给一个角色（--role），可用的有：{ROLES}。"),
        ("hua --role king", "", f"没有这个角色：king。可用的有：{ROLES}。"),
        ("hua --role desk --city 火星", "", "没有开通这个城市：火星。可用的有：zhongshan。"),
        ("hua --role desk", "short\nshort\n", "密码太短，至少要 10 个字。"),
        ("hua --role desk", f"{GOOD}\n{GOOD}x\n", "两次输入的密码不一样，没有保存。"),
        ("hua --role desk", "\n\n", "没有输入密码，没有保存。"),
        ("hua --role desk", "", "没有输入密码，没有保存。"),
        ("hua --role desk --password-stdin", "", "没有输入密码，没有保存。"),
        ("hua.long.name --role desk --password-stdin", "hua.long.name\n", "密码太容易猜到"),
        ("hua --role desk --password-stdin", "x" * 201, "密码太长，最多 200 个字。"),
        ("hua --role desk --display= --password-stdin", GOOD, "姓名要写 1 到 30 个字。"),
    ],
)
def test_what_cannot_be_added(
    run: Run, database: Engine, arguments: str, typed: str, said: str
) -> None:
    lines(add(run))
    assert failed(run("user", "add", *arguments.split(), typed=typed)).startswith(said)
    with Session(database) as session:
        assert [kept.username for kept in store.everybody(session)] == ["ming"]


def test_a_new_password(run: Run, database: Engine) -> None:
    lines(add(run))
    before = account(database).password_hash
    assert (
        failed(run("user", "password", "ming", typed="short\nshort\n"))
        == "密码太短，至少要 10 个字。"
    )
    assert account(database).password_hash == before
    done = run("user", "password", "MING", typed="another one 2026\nanother one 2026\n")
    assert lines(done)[-1] == "已修改 ming 的密码，这个账号已登录的浏览器都退出了。"
    assert Passwords().verify(account(database).password_hash, "another one 2026")


def test_off_and_on_again(run: Run, database: Engine) -> None:
    lines(add(run))
    assert lines(run("user", "disable", "ming")) == ["已停用 ming，登录和令牌都不能再用。"]
    assert account(database).disabled_at is not None
    assert lines(run("user", "list"))[1].endswith("已停用")
    assert lines(run("user", "enable", "ming")) == ["已恢复 ming。"]
    assert account(database).disabled_at is None


def test_roles(run: Run, database: Engine) -> None:
    assert len(lines(run("user", "roles"))) == 6
    lines(add(run))
    done = run("user", "roles", "ming", "--role", "editor", "--role", "admin")
    assert lines(done) == ["ming 现在的角色：editor、admin。"]
    assert account(database).roles == ["editor", "admin"]
    assert failed(run("user", "roles", "ming")).startswith("至少要给一个角色")


@pytest.mark.parametrize(
    "arguments",
    [
        ["user", "password", "nobody"],
        ["user", "disable", "nobody"],
        ["user", "enable", "nobody"],
        ["user", "roles", "nobody", "--role", "desk"],
        ["token", "add", "nobody"],
    ],
)
def test_nobody(run: Run, arguments: list[str]) -> None:
    assert failed(run(*arguments)) == "没有这个账号：nobody。"


async def test_tokens(run: Run, database: Engine) -> None:
    assert lines(run("token", "list")) == ["还没有令牌。"]
    lines(add(run))
    done = run("token", "add", "ming", "--label", "大屏", "--days", "30")
    assert "只显示这一次" in done.stderr
    (secret,) = lines(done)
    assert re.fullmatch(r"wenfa_[A-Za-z0-9_-]{43}", secret)
    member = await Accounts(database, Settings()).by_token(secret, None)
    assert member is not None
    assert member.username == "ming"
    listed = lines(run("token", "list"))
    assert "大屏" in listed[1]
    assert secret not in "".join(listed)
    token_id = listed[1].split()[0]
    assert lines(run("token", "revoke", token_id)) == [f"令牌 {token_id} 已作废。"]
    assert await Accounts(database, Settings()).by_token(secret, None) is None
    assert failed(run("token", "revoke", token_id)) == f"没有这个令牌编号：{token_id}。"


@pytest.mark.parametrize("days", ["0", "-1", "3651"])
def test_a_token_of_no_sensible_length(run: Run, days: str) -> None:
    lines(add(run))
    assert failed(run("token", "add", "ming", "--days", days)) == "有效天数要在 1 到 3650 之间。"
    assert failed(run("token", "add", "ming", "--label", "长" * 31)) == "用途最多写 30 个字。"
    assert lines(run("token", "list")) == ["还没有令牌。"]


def test_the_audit(run: Run) -> None:
    assert lines(run("audit")) == ["还没有记录。"]
    lines(add(run))
    lines(run("user", "disable", "ming"))
    written = lines(run("audit"))
    assert len(written) == 3
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  命令行（.+）  添加账号", written[1])
    assert '"roles": ["operator"]' in written[1]
    assert "停用账号" in lines(run("audit", "--last", "1"))[1]
    for wrong in ("0", "10001"):
        assert failed(run("audit", "--last", wrong)) == "条数要在 1 到 10000 之间。"


def test_nobody_yet(run: Run) -> None:
    assert lines(run("user", "list")) == [
        "还没有账号。添加：./wenfa user add 用户名 --role operator"
    ]


@pytest.mark.parametrize(
    "url", ["sqlite:///{}/empty.sqlite3", "postgresql+psycopg://x@127.0.0.1:9/x"]
)
def test_a_database_that_is_not_there_yet(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url.format(tmp_path))
    done = CliRunner().invoke(cli, ["user", "list"])
    assert failed(done).startswith("数据库还没有准备好，或者连不上。请先运行 ./wenfa prepare")


def test_help_is_chinese() -> None:
    helped = CliRunner().invoke(cli, ["user", "--help"]).stdout
    for words in ("添加账号", "列出全部账号", "修改密码", "停用账号", "恢复停用的账号"):
        assert words in helped
