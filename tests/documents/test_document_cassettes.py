"""The pages' own examples, as cassettes with evidence `document`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import page_examples as examples
import pytest

from sls_contract.cassettes.file.recording_file import load, write
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.exchange import Exchange
from sls_contract.signing import TEST_CREDENTIALS, sign

PRINTED = Path(__file__).parents[2] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"
DATED = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)


def recordings():
    """The page prints a placeholder for the signature; the public test key signs in its place, at the page's date."""
    for exchange in (examples.success(), *examples.errors().values()):
        unsigned = exchange.request.replace(headers=exchange.request.headers.without("Authorization"))
        yield Recording(
            Exchange(sign(unsigned, TEST_CREDENTIALS, at=DATED), exchange.response),
            Provenance(
                evidence=Evidence.DOCUMENT,
                endpoint="http://cn-shanghai.log.aliyuncs.com",
                region="cn-shanghai",
                client="sls-java-sdk-v-0.6.1",
                recorded_at=DATED,
                contract="0.1.0",
            ),
        )


def test_the_committed_cassette_is_what_the_page_prints(tmp_path):
    """The committed file holds the page's success and its four errors; --sls-record=all does not touch it."""
    again = tmp_path / PRINTED.name
    write(again, recordings())
    assert list(load(PRINTED)) == list(load(again)), f"write {PRINTED} again from {again}"


@pytest.mark.parametrize("number", range(5))
def test_every_printed_exchange_is_evidence_of_a_document(number):
    """What a page prints never counts as live."""
    assert load(PRINTED)[number].provenance.evidence is Evidence.DOCUMENT
