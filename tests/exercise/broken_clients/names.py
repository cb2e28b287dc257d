"""Clients that take names for something simpler than they are."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import quote

from broken_clients.correct import Client
from broken_clients.registry import bug


@bug("wrong-parameter")
class AsksInSmallLetters(Client):
    def group(self):
        return super().group().lower()


@bug("wrong-parameter", "group-in-many-scripts")
class AsksInComposedForm(Client):
    def group(self):
        return unicodedata.normalize("NFC", super().group())


@bug("wrong-parameter", "group-in-many-scripts")
class AsksInAscii(Client):
    def group(self):
        return super().group().encode("ascii", "ignore").decode()


@bug("wrong-parameter", "group-with-signs")
class WritesBlanksAsPlus(Client):
    """As in a query, where this means a blank; in a path it is a plus."""

    def target(self):
        path, mark, query = super().target().partition("?")
        return path.replace("%20", "+") + mark + query


@bug("wrong-parameter", "group-with-percent")
class LeavesPercentSignsAsTheyAre(Client):
    """Takes them for the beginning of what is encoded already."""

    def target(self):
        return re.sub("%25([0-9A-F]{2})", r"%\1", super().target())


@bug("wrong-parameter", "group-with-signs")
class EncodesTwice(Client):
    def target(self):
        path, mark, query = super().target().partition("?")
        return quote(path) + mark + query


@bug("wrong-parameter")
class NamesAnotherProjectToTheProxy(Client):
    """The header Host is right, but a proxy goes by the target."""

    def ask(self):
        connection = self.connection()
        target = f"http://other.{self.told['SLS_ENDPOINT']}{self.target()}"
        connection.request("GET", target, headers=self.signed(self.headers()))
        response = connection.getresponse()
        return response.status, response.headers, self.body_of(response)


class ChangesConsumers(Client):
    def changed(self, name):
        raise NotImplementedError

    def entry(self, value):
        entry = super().entry(value)
        return entry | {"consumer": self.changed(entry["consumer"])} if entry.get("consumer") else entry


@bug("consumer-changed")
class GivesConsumersInSmallLetters(ChangesConsumers):
    def changed(self, name):
        return name.lower()


@bug("consumer-changed", "consumer-in-many-scripts")
class GivesConsumersInComposedForm(ChangesConsumers):
    def changed(self, name):
        return unicodedata.normalize("NFC", name)


@bug("consumer-changed", "consumer-in-many-scripts")
class GivesConsumersOfTheFirstPlane(ChangesConsumers):
    def changed(self, name):
        return "".join(char if char < "\U00010000" else "?" for char in name)


@bug("entry-dropped", "shard-omitted")
class KeepsOneEntryForAConsumer(Client):
    """Puts what each consumer holds into a table by the consumer's name."""

    def entries(self):
        kept = {each["consumer"] or each["shard"]: each for each in super().entries()}
        return list(kept.values())


@bug("consumer-changed", "texts-long")
class CutsConsumersAt64Letters(ChangesConsumers):
    def changed(self, name):
        return name[:64]


@bug("consumer-changed", "consumer-with-escapes")
class StripsConsumers(ChangesConsumers):
    def changed(self, name):
        return name.strip()


@bug("consumer-changed", "consumer-with-escapes")
class WritesConsumersForWebPages(ChangesConsumers):
    def changed(self, name):
        return html.escape(name)


@bug("consumer-changed", "consumer-with-escapes")
class ForgetsEscapes(Client):
    """Takes the text between quotes as it is written."""

    def parsed(self, body):
        return super().parsed(body.replace(b"\\", b"\\\\").replace(b'\\\\"', b'\\"'))


@bug("consumer-changed", "consumer-with-escapes")
class ReadsEscapesOneByOne(Client):
    """Knows no escapes in pairs: each half of one is no character."""

    def parsed(self, body):
        return super().parsed(re.sub(rb"\\u[dD][89a-fA-F]..", b"?", body))


@bug("signature-wrong", "group-in-chinese")
class SignsV4InAscii(Client):
    """The canonical request, which has the name of the group; v1 is right."""

    def text_v4(self, headers):
        group, self.group = self.group, lambda: Client.group(self).encode("ascii", "replace").decode()
        try:
            return super().text_v4(headers)
        finally:
            self.group = group
