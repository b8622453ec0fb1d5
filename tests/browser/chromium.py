"""Chromium without a window, and what a page does in it: what it asks for, what it complains of, what it shows."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

#: No window, no wish of its own to reach the network; root may not have a sandbox.
_SWITCHES: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
#: What a page must not do is noted before anything of it runs; how much is open is counted when it has been printed.
_WATCH: Final = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
addEventListener("afterprint", () => {
  window.closedInPrint = document.querySelectorAll("details:not([open])").length;
});
"""


class Browser:
    """A browser with one page. Everything is asked of it with scripts of its own, which no page's policy forbids."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self.command("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)

    def command(self, name: str, **parameters: object) -> Any:
        """A command of the Chrome DevTools Protocol."""
        return self._driver.execute_cdp_cmd(name, parameters)

    def open(self, page: Path, *, scheme: str = "light", width: int = 1200, scripts: bool = True) -> None:
        self.look(scheme=scheme)
        self.resize(width)
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._driver.get_log("browser")
        self._driver.get_log("performance")
        self._driver.get(page.as_uri())

    def look(self, *, scheme: str = "light", media: str = "") -> None:
        """What the page takes the screen, or the paper, for."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", media=media, features=features)

    def resize(self, width: int, height: int = 900) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)

    def run(self, script: str, *given: object) -> Any:
        return self._driver.execute_script(script, *given)

    def run_later(self, script: str, *given: object) -> Any:
        """What the script calls its last argument with."""
        return self._driver.execute_async_script(script, *given)

    def wait_for(self, script: str) -> Any:
        """What the script returns, as soon as that is something."""
        from selenium.webdriver.support.wait import WebDriverWait

        return WebDriverWait(self._driver, 20, poll_frequency=0.05).until(lambda _: self.run(script))

    def axe(self, source: str) -> list[dict[str, Any]]:
        """The violations that axe-core finds."""
        self.run(source)
        found: list[dict[str, Any]] = self.run_later(
            "const done = arguments[0]; axe.run().then((found) => done(found.violations));"
        )
        return found

    def press(self, *keys: str) -> None:
        """Keys, wherever the focus is; those of more than one letter by their names."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        named = [key if len(key) == 1 else getattr(Keys, key.upper()) for key in keys]
        ActionChains(self._driver).send_keys(*named).perform()

    def complaints(self) -> list[str]:
        """What the console says."""
        return [entry["message"] for entry in self._driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that something was asked of."""
        events = [json.loads(entry["message"])["message"] for entry in self._driver.get_log("performance")]
        return [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]

    def pdf(self) -> bytes:
        return b64decode(self.command("Page.printToPDF", preferCSSPageSize=True)["data"])

    def png(self) -> bytes:
        return b64decode(self.command("Page.captureScreenshot", format="png")["data"])


@contextmanager
def chromium(binary: str, driver: str, profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = binary
    for switch in (*_SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = Chrome(options=options, service=Service(driver))
    try:
        yield Browser(running)
    finally:
        running.quit()
