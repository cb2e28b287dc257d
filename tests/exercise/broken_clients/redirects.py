"""Clients that follow redirects with the headers of the first request, to where their key does not belong."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from broken_clients.correct import Client
from broken_clients.registry import bug


class Follows(Client):
    """Follows a redirect that it trusts, with its key."""

    def trusts(self, status, location):
        raise NotImplementedError

    def ask(self):
        status, headers, body = super().ask()
        location = headers.get("Location", "")
        if not self.trusts(status, location):
            return status, headers, body
        url = urljoin(f"http://{self.host()}/", location)
        connection = self.connection()
        connection.request("GET", url, headers=self.signed(self.headers()) | {"Host": urlsplit(url).netloc})
        response = connection.getresponse()
        return response.status, response.headers, response.read()


@bug("key-follows-redirect", "redirect-elsewhere")
class TakesTheKeyAlong(Follows):
    def trusts(self, status, location):
        return 300 <= status < 400


@bug("key-follows-redirect", "redirect-to-look-alike")
class TrustsWhatLooksLikeTheService(Follows):
    """Where the name of the host begins as the service's."""

    def trusts(self, status, location):
        return (urlsplit(location).hostname or "").startswith(self.host())


@bug("key-follows-redirect", "redirect-without-scheme")
class TakesTheKeyAlongAPath(Follows):
    """Takes a Location that begins with a slash for a path of the same host."""

    def trusts(self, status, location):
        return location.startswith("/")
