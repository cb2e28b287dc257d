"""Sources of claims: told from a path, read from their list, sorted by age."""

import pytest

from sls_contract.errors import UsageError
from sls_contract.spec.merge import Source, source_of
from sls_contract.spec.merge.sources import read_sources, sources_as_plain


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2021-01-21.en.md", ("handbook-2021-01-21-en", "handbook", "en", "2021-01-21")),
        ("2020-12-16.zh-intl.md", ("handbook-2020-12-16-zh-intl", "handbook", "zh-intl", "2020-12-16")),
        ("2024.en-new.md", ("openapi-2024-en", "openapi", "en", "2024")),
    ],
)
def test_a_page_tells_its_source_by_its_name(tmp_path, name, expected):
    """Date and language stand in it; pages up to 2021 are of the handbook, later ones of the OpenAPI description."""
    found = source_of(tmp_path / "GetCursor" / name, {})
    assert (found.id, found.family, found.language, found.date) == expected


def test_what_is_given_goes_before_the_name(tmp_path):
    """A page of another name needs date and language; an id, a family may be given, too."""
    given = {"date": "2022-05", "language": "zh", "family": "handbook", "id": None}
    assert source_of(tmp_path / "page.md", given).id == "handbook-2022-05-zh"
    assert source_of(tmp_path / "2024.en.md", {"id": "my-pages"}).id == "my-pages"


def test_a_page_that_does_not_tell_is_refused(tmp_path):
    """The message says how a page is named, and which options there are."""
    with pytest.raises(UsageError, match=r"(?s)date and the language.*How to fix: .*--date and --language"):
        source_of(tmp_path / "page.md", {"date": "2024"})
    with pytest.raises(UsageError, match="expected family of source"):
        source_of(tmp_path / "2024.en.md", {"family": "book"})
    with pytest.raises(UsageError, match="lower-case letters"):
        source_of(tmp_path / "2024.en.md", {"id": "../up"})


def test_an_sdk_tells_its_version_by_the_folder_beside_it(tmp_path):
    """A copy without one is of no version; metadata has a date where one is given."""
    package = tmp_path / "alibabacloud_sls20201230"
    package.mkdir()
    assert source_of(package, {}).id == "openapi-sdk"
    (tmp_path / "alibabacloud_sls20201230-5.15.1.dist-info").mkdir()
    found = source_of(package, {})
    assert (found.id, found.kind, found.version) == ("openapi-sdk-5.15.1", "sdk", "5.15.1")
    assert source_of(tmp_path / "apis.json", {"date": "2025"}).id == "openapi-metadata-2025"


def test_the_newest_comes_last():
    """What has no date is of now; versions are numbers."""
    sdk = [Source(id=f"sdk-{version}", family="openapi", kind="sdk", version=version) for version in ("5.15.1", "5.9")]
    pages = [Source(id=date, family="handbook", date=date) for date in ("2021-01-21", "2021", "2024")]
    aged = sorted([*sdk, *pages], key=lambda each: each.age)
    assert [each.id for each in aged] == ["2021", "2021-01-21", "2024", "sdk-5.9", "sdk-5.15.1"]


def test_a_list_of_sources_is_read_as_it_is_written():
    """Sorted by id, whatever was added last."""
    listed = [Source(id="b", family="openapi", kind="sdk", version="1"), Source(id="a", family="handbook", date="2020")]
    plain = sources_as_plain(listed)
    assert [each["id"] for each in plain["sources"]] == ["a", "b"]
    assert sorted(read_sources(plain, "sources.yaml").values(), key=lambda each: each.id) == listed[::-1]


@pytest.mark.parametrize("plain", [None, [], {"sources": 1}, {"sources": [{"id": "a"}]}, {"sources": ["a"]}])
def test_what_is_no_list_of_sources_is_told(plain):
    """The message names the file."""
    with pytest.raises(UsageError, match=r"sources\.yaml"):
        read_sources(plain, "sources.yaml")
