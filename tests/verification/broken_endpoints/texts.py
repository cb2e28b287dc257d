"""Texts that do not come back as they were written: checkpoints, names, and the values of logs."""

from __future__ import annotations

import base64
import html
from dataclasses import replace
from unicodedata import normalize

from broken_endpoints.harness import bug, on_entry
from broken_endpoints.logs import Recoding
from broken_endpoints.operations import on_success
from broken_endpoints.spellings import shown_by

from sls_contract.endpoint.state.log_groups import decode_group, encode_group
from sls_contract.exchange import wire_bytes, wire_text


def changed_checkpoint(entry, change):
    entry["checkpoint"] = base64.b64encode(change(base64.b64decode(entry["checkpoint"]))).decode()


@shown_by("checkpoint-of-no-text")
@on_entry("SLS402")
def checkpoint_through_a_text(entry):
    changed_checkpoint(entry, lambda data: data.decode("utf-8", "replace").encode())


@shown_by("checkpoint-of-no-text")
@on_entry("SLS402")
def checkpoint_in_composed_form(entry):
    changed_checkpoint(entry, lambda data: wire_bytes(normalize("NFC", wire_text(data))))


@shown_by("checkpoint-of-no-text")
@on_entry("SLS402")
def checkpoint_with_line_ends_of_unix(entry):
    changed_checkpoint(entry, lambda data: data.replace(b"\r\n", b"\n"))


@shown_by("checkpoint-of-3000-digits")
@on_entry("SLS402")
def checkpoint_cut_at_2000_bytes(entry):
    changed_checkpoint(entry, lambda data: data[:2000])


@shown_by("consumer-named-with-accents")
@on_entry("SLS431")
def consumer_in_composed_form(entry):
    entry["consumer"] = normalize("NFC", entry["consumer"])


@shown_by("consumer-named-with-accents")
@on_entry("SLS431")
def consumer_in_decomposed_form(entry):
    entry["consumer"] = normalize("NFD", entry["consumer"])


@shown_by("group-named-with-accents")
@on_success("ListConsumerGroup", "SLS408")
def lists_names_in_composed_form(request, groups):
    return [{**group, "name": normalize("NFC", group["name"])} for group in groups]


class ChangesTexts(Recoding):
    """Changes the text of each log, and the lengths around it."""

    def changed(self, data):
        group = decode_group(data)
        logs = (
            replace(log, contents=tuple((key, self.text(value)) for key, value in log.contents)) for log in group.logs
        )
        return encode_group(replace(group, logs=tuple(logs)))

    def text(self, value: str) -> str:
        raise NotImplementedError


@shown_by("pull-logs-of-one-shard")
@bug("SLS427")
class WritesLogsForWebPages(ChangesTexts):
    def text(self, value):
        return html.escape(value, quote=False)


@shown_by("pull-logs-of-one-shard")
@bug("SLS427")
class KeepsLogsInComposedForm(ChangesTexts):
    def text(self, value):
        return normalize("NFC", value)


@shown_by("pull-logs-of-one-shard")
@bug("SLS427")
class KeepsLogsWithLineEndsOfUnix(ChangesTexts):
    def text(self, value):
        return value.replace("\r\n", "\n")
