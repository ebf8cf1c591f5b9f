"""Pages in a real browser, told what to do as a reader would do it."""

import itertools
import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
PATIENCE = 20
"""Seconds after which a browser that does not answer is given up."""


class Page:
    """A page of a browser that does what it is told over the DevTools protocol."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.numbers, self.events, self.session = socket, itertools.count(1), [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Runtime.enable")

    def send(self, method: str, **params) -> int:
        number = next(self.numbers)
        session = {"sessionId": self.session} if self.session else {}
        self.socket.send(json.dumps({"id": number, "method": method, "params": params} | session))
        return number

    def call(self, method: str, **params) -> dict:
        number = self.send(method, **params)
        while (message := json.loads(self.socket.recv(PATIENCE))).get("id") != number:
            self.events.append(message)
        assert "error" not in message, message
        return message["result"]

    def wait_for(self, method: str, **wanted) -> dict:
        """The next event of this name with these values; it is used up."""
        for i in itertools.count():
            if i == len(self.events):
                self.events.append(json.loads(self.socket.recv(PATIENCE)))
            event = self.events[i]
            if event.get("method") == method and wanted.items() <= event["params"].items():
                return self.events.pop(i)["params"]
        raise AssertionError

    def open(self, path: Path) -> None:
        self.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        self.wait_for("Page.loadEventFired")

    def reload(self) -> None:
        self.events.clear()
        self.send("Page.reload")
        self.wait_for("Page.loadEventFired")

    def run(self, expression: str):
        """Value of a JavaScript expression."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str, ctrl: bool = False) -> None:
        codes = {"Escape": ("Escape", 27), "ArrowDown": ("ArrowDown", 40), "ArrowUp": ("ArrowUp", 38)}
        codes |= {"Tab": ("Tab", 9), " ": ("Space", 32)}
        code, number = codes.get(key, (f"Key{key.upper()}", ord(key[0].upper())))
        text = {"text": key} if len(key) == 1 and not ctrl else {}
        about = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 2 if ctrl else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **about, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def attach(self, selector: str, path: Path) -> None:
        """Choose a file in a file input, as its dialog would."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def until(self, expression: str) -> None:
        """Wait for something that the page does in its own time."""
        deadline = time.monotonic() + PATIENCE
        while not self.run(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.02)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Address of a running browser."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    profile = tmp_path_factory.mktemp("profile")
    process = subprocess.Popen(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        told, deadline = profile / "DevToolsActivePort", time.monotonic() + PATIENCE
        while not (told.exists() and len(lines := told.read_text().split()) == 2):
            assert process.poll() is None, "the browser ended before it began"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"ws://127.0.0.1:{lines[0]}{lines[1]}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture
def page(browser, tmp_path):
    """A new page with nothing kept, whose downloads land in `tmp_path`."""
    with connect(browser, max_size=None, proxy=None) as socket:
        page = Page(socket)
        page.session, session = None, page.session
        page.call(
            "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path), eventsEnabled=True
        )
        page.session = session
        yield page
        page.call("Page.close")
