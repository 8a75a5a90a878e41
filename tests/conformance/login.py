"""Somebody with a browser: opens the URL that the gateway shows, and comes back to it."""

import time
from urllib.parse import urlsplit

from caller import Unexpected, fetch, status_of

# The scenarios count: more logins than this are a loop.
MOST_LOGINS = 3
# In seconds: for what the gateway begins, and for what it is about to show.
PATIENCE = 30
GLANCE = 2
UNSETTLED = ("starting", "restarting")


class Person:
    """Logs in wherever the gateway asks for it, a few times at most."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.logins = 0

    def settled(self):
        """The server's status once it no longer starts, and is not about to."""
        deadline = time.monotonic() + PATIENCE
        while True:
            status = status_of(self.gateway)
            if status["state"] not in UNSETTLED:
                return status
            if time.monotonic() > deadline:
                raise Unexpected(f"the server is still not settled: {status}")
            time.sleep(0.02)

    def log_in(self):
        """Logs in if somebody must; whether that was so."""
        url = self.settled().get("loginUrl")
        if url is None:
            return False
        answer = self.visit(url)
        if answer.status >= 400:
            raise Unexpected(f"the gateway does not take the callback: {answer}")
        deadline = time.monotonic() + PATIENCE
        while status_of(self.gateway).get("loginUrl") == url:
            if time.monotonic() > deadline:
                raise Unexpected("the gateway still shows the URL of a login that has ended")
            time.sleep(0.02)
        return True

    def log_in_again(self):
        """Logs in as a call says: its answer may be ahead of what the status shows."""
        deadline = time.monotonic() + GLANCE
        while not self.log_in():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def visit(self, url):
        """Opens the login page, which sends the browser back at once; the gateway's answer."""
        self.logins += 1
        if self.logins > MOST_LOGINS:
            raise Unexpected(f"the gateway asks for more than {MOST_LOGINS} logins")
        page = fetch(url)
        back = page.headers.get("Location")
        if not back:
            raise Unexpected(f"the authorization server sends nobody back: {page}")
        to, own = urlsplit(back), urlsplit(self.gateway)
        if (to.port, to.path) != (own.port, "/oauth/callback"):
            raise Unexpected(f"the browser is sent to {back}")
        return fetch(back)

    def until_ready(self):
        """Waits for the server, and logs in as often as it takes."""
        while self.log_in():
            pass
        status = self.settled()
        if status["state"] != "ready":
            raise Unexpected(f"the server is not ready: {status}")
