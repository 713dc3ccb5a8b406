"""A real browser for tests: headless Chromium, controlled by the DevTools protocol.

It opens pages, takes screenshots, and reports console messages, requests to other hosts and content
that overflows the window. It can connect only to this machine.
"""

import asyncio
import base64
import itertools
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE: Final = "WAYBILL_BROWSER"

START_SECONDS_MAX: Final = 60.0
PAGE_SECONDS_MAX: Final = 60.0
"""A page loads in one or two seconds on an idle machine."""
_POLL_SECONDS: Final = 0.05
_MESSAGE_BYTES_MAX: Final = 64 * 1024 * 1024
"""A screenshot of a whole page has some megabytes."""

_OPTIONS: Final = (
    "--headless",
    "--remote-debugging-port=0",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-popup-blocking",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

_FACTS: Final = """({
  text: document.body.innerText,
  width: document.documentElement.scrollWidth,
  height: document.documentElement.scrollHeight,
})"""


def find_browser() -> str | None:
    """Find Chromium: where WAYBILL_BROWSER says, else on the PATH. Raises FileNotFoundError."""
    if named := os.environ.get(VARIABLE):
        if found := shutil.which(named):
            return found
        raise FileNotFoundError(f"{VARIABLE} names {named}, which is not a program")
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@dataclass(frozen=True, slots=True)
class View:
    """The window and the colour scheme of a page."""

    name: str
    width: int
    height: int
    is_dark: bool = False
    is_phone: bool = False


DESK: Final = View("desk", 1280, 900)
DESK_DARK: Final = View("desk-dark", 1280, 900, is_dark=True)
PHONE: Final = View("phone", 360, 780, is_phone=True)
PHONE_DARK: Final = View("phone-dark", 360, 780, is_dark=True, is_phone=True)
"""The narrowest phones that are sold."""

_KEY_CODES: Final = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40}


@dataclass(slots=True)
class Look:
    """The findings on a page."""

    url: str
    view: View
    text: str = ""
    width: int = 0
    picture: bytes = b""
    errors: list[str] = field(default_factory=list)
    """From the console: errors, warnings and exceptions."""
    requests: list[str] = field(default_factory=list)
    value: Any = None
    """The value of the expression that was asked for."""

    def faults(self) -> list[str]:
        """Return the findings that no page may have."""
        here = urlsplit(self.url).netloc
        found = [f"console: {each}" for each in self.errors]
        found += [
            f"request to another host: {url}"
            for url in self.requests
            if urlsplit(url).scheme in ("http", "https", "ws", "wss")
            and urlsplit(url).netloc != here
        ]
        if self.width > self.view.width:
            found.append(f"{self.width} pixels wide in a window of {self.view.width}")
        return [f"{self.url} ({self.view.name}): {each}" for each in found]


class Browser:
    """A running browser, for one caller at a time, which reads its messages while it waits."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self._context: dict[str, Any] = {}
        self._tabs: dict[str, Look] = {}
        self._loaded: set[str] = set()

    async def open(self) -> None:
        """Begin a session without the cookies and the storage of others."""
        self._context = await self._send("Target.createBrowserContext")

    async def close(self) -> None:
        await self._send("Target.disposeBrowserContext", **self._context)

    async def look(
        self,
        url: str,
        view: View,
        ready: str = "true",
        *,
        keys: Sequence[str] = (),
        value: str = "null",
        within_seconds: float = PAGE_SECONDS_MAX,
    ) -> Look:
        """Open a page in a new tab; it is examined when the expression `ready` is true.

        Then the keys are pressed, one character or a name such as "Enter" each, and the expression
        `value` is evaluated, or what it promises is awaited.
        """
        async with asyncio.timeout(within_seconds):
            target = await self._send("Target.createTarget", url="about:blank", **self._context)
            attached = await self._send(
                "Target.attachToTarget", targetId=target["targetId"], flatten=True
            )
            tab = attached["sessionId"]
            look = self._tabs[tab] = Look(url, view)
            await self._prepare(tab, view)
            await self._send("Page.navigate", tab, url=url)
            while tab not in self._loaded:
                await self._read()
            while not await self._evaluate(tab, f"Boolean({ready})"):  # noqa: ASYNC110 - another process
                await asyncio.sleep(_POLL_SECONDS)
            for key in keys:
                await self._press(tab, key)
            look.value = await self._evaluate(tab, value)
            facts = await self._evaluate(tab, _FACTS)
            look.text, look.width = facts["text"], facts["width"]
            shot = await self._send(
                "Page.captureScreenshot", tab, format="png", optimizeForSpeed=True
            )
            look.picture = base64.b64decode(shot["data"])
            await self._send("Target.closeTarget", targetId=target["targetId"])
        return look

    async def _prepare(self, tab: str, view: View) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self._send(f"{domain}.enable", tab)
        await self._send("Network.setCacheDisabled", tab, cacheDisabled=True)
        await self._send(
            "Emulation.setDeviceMetricsOverride",
            tab,
            width=view.width,
            height=view.height,
            deviceScaleFactor=2 if view.is_phone else 1,
            mobile=view.is_phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if view.is_dark else "light"}
        await self._send("Emulation.setEmulatedMedia", tab, features=[scheme])

    async def _press(self, tab: str, key: str) -> None:
        code = _KEY_CODES.get(key, 0)
        text = "" if code else key
        await self._send(
            "Input.dispatchKeyEvent",
            tab,
            type="keyDown",
            key=key,
            text=text,
            windowsVirtualKeyCode=code,
        )
        await self._send("Input.dispatchKeyEvent", tab, type="keyUp", key=key)

    async def _evaluate(self, tab: str, expression: str) -> Any:  # noqa: ANN401 (JSON)
        answer = await self._send(
            "Runtime.evaluate", tab, expression=expression, returnByValue=True, awaitPromise=True
        )
        if details := answer.get("exceptionDetails"):
            raise RuntimeError(f"{_shown(details.get('exception', details))}, in {expression}")
        return answer["result"].get("value")

    async def _send(
        self,
        method: str,
        tab: str | None = None,
        **parameters: Any,  # noqa: ANN401 (JSON)
    ) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        await self._socket.send_json(message | ({"sessionId": tab} if tab else {}))
        while number not in self._answers:
            await self._read()
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def _read(self) -> None:
        """Process one message: a response, or an event of a tab."""
        content = await self._socket.receive_json()
        if "id" in content:
            self._answers[content["id"]] = content
        elif look := self._tabs.get(content.get("sessionId", "")):
            self._note(look, content)

    def _note(self, look: Look, content: Mapping[str, Any]) -> None:
        parameters = content["params"]
        match content["method"]:
            case "Page.loadEventFired":
                self._loaded.add(content["sessionId"])
            case "Network.requestWillBeSent":
                look.requests.append(parameters["request"]["url"])
            case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "warning", "assert"):
                look.errors.append(" ".join(map(_shown, parameters["args"])))
            case "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                look.errors.append(_shown(details.get("exception", details)))
            case "Log.entryAdded" if parameters["entry"]["level"] in ("error", "warning"):
                look.errors.append(
                    f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}"
                )
            case _:
                pass


def _shown(value: Mapping[str, Any]) -> str:
    return str(value.get("value") or value.get("description") or value.get("text"))


@contextmanager
def running_browser(program: str, home: Path) -> Iterator[str]:
    """Run a browser with its profile in the empty folder `home`; returns its address."""
    options = [*_OPTIONS, f"--user-data-dir={home}"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # it refuses to run as root otherwise
    with subprocess.Popen(  # noqa: S603 - the browser of this machine
        [program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield _address(home, process)
        finally:
            process.kill()


def _address(home: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until the browser has written its address."""
    file = home / "DevToolsActivePort"
    deadline = time.monotonic() + START_SECONDS_MAX
    while process.poll() is None and time.monotonic() < deadline:
        lines = file.read_text().splitlines() if file.is_file() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(_POLL_SECONDS)
    raise RuntimeError(f"the browser does not start: exit status {process.returncode}")


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Browser]:
    """Control a running browser, with cookies and a storage of its own."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, max_msg_size=_MESSAGE_BYTES_MAX) as socket,
    ):
        browser = Browser(socket)
        await browser.open()
        yield browser
        await browser.close()
