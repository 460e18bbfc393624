"""The residents' page as a resident meets it: open, write, tap, read."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, ViewportSize, expect

PHONE: ViewportSize = {"width": 360, "height": 740}
WAGES = "老板拖欠我三个月工资不给，我在小榄打工"
VIOLENCE = "我老公正在打我，我躲在房间里"
WHICH_TAIPING = "太平镇哪里可以做调解"
XIAOLAN = {"latitude": 22.6731, "longitude": 113.2312}
ZHUHAI = {"latitude": 22.27, "longitude": 113.57}


class Chat:
    """One page in one browser context, with a record of what the browser did."""

    def __init__(self, page: Page, url: str) -> None:
        """`url` is the origin of the product, without a slash at the end."""
        self.page = page
        self.url = url
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._complaints_expected = False
        page.context.on("request", self._on_request)
        page.context.on("console", self._on_console)
        page.context.on("weberror", lambda error: self._complain(str(error.error)))
        self.box = page.get_by_role("textbox")
        self.log = page.locator("#log")
        self.me = page.locator("#log > .me")
        self.bot = page.locator("#log > .bot")
        self.referrals = page.locator("#log .referral")
        self.places = page.locator("#log .place")
        self.choices = page.locator("#log button.choice")
        self.call = page.get_by_role("link", name="拨打 12348 公共法律服务热线")
        self.first_answer = self.bot.first

    @property
    def foreign_requests(self) -> list[str]:
        """Requests that left the product's own origin."""
        return [url for url in self.requests if not url.startswith(self.url + "/")]

    def expect_complaints(self) -> None:
        """From here on the test itself breaks things: what the browser says of it is no defect."""
        self._complaints_expected = True

    def goto(self, path: str) -> None:
        """Open a page; the chat page is there when its notice stands first."""
        self.page.goto(self.url + path)
        if not path.startswith("/leave"):
            expect(self.page.locator("#log > .notice").first).to_be_visible()

    def ask(self, text: str) -> str:
        """Write, press Enter, wait; returns the words of the answer."""
        self.box.fill(text)
        return self.after(lambda: self.box.press("Enter"))

    def after(self, deed: Callable[[], object]) -> str:
        """Do something that the server answers; returns the words of the answer."""
        read = self.bot.count()
        with self.page.expect_response(lambda answer: answer.url.endswith("/api/v1/chat")):
            deed()
        expect(self.page.locator("#typing")).to_be_hidden()
        expect(self.bot).not_to_have_count(read)
        self.first_answer = self.bot.nth(read)
        return "\n".join(self.bot.all_inner_texts()[read:])

    def visible_unobscured(self, target: Locator) -> bool:
        """It lies in the window, and a finger on its middle would meet it."""
        return bool(
            target.evaluate(
                """node => {
                    const box = node.getBoundingClientRect();
                    const hit = document.elementFromPoint(
                        box.left + box.width / 2, box.top + box.height / 2);
                    return box.width > 0 && hit !== null && node.contains(hit);
                }"""
            )
        )

    def overflow(self) -> int:
        """How many pixels the page is wider than the window; 0 is right."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def focused(self, selector: str) -> bool:
        return bool(self.page.evaluate("s => document.activeElement.matches(s)", selector))

    def press_until(self, key: str, selector: str) -> None:
        """Press a key until the focus is on something that matches."""
        for _ in range(60):
            self.page.keyboard.press(key)
            if self.focused(selector):
                return
        raise AssertionError(f"{key} never reached {selector}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complain(message.text)

    def _complain(self, text: str) -> None:
        if not self._complaints_expected:
            self.complaints.append(text)
