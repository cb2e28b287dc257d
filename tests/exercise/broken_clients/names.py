"""Clients that take names for something simpler than they are."""

from __future__ import annotations

import unicodedata

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
