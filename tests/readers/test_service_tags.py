from __future__ import annotations

from pathlib import Path

import pytest

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.readers import jsontext, service_tags
from nwpolicy.readers.tree import Raw

FILE = Path(__file__).parent.parent / "data" / "exports" / "ServiceTags_Public_20250106.json"


def read(text: str, path: str = "tags.json") -> tuple[ServiceTagCatalogue, list[str]]:
    raw, document = jsontext.parse(path, text)
    assert service_tags.is_service_tags(raw)
    fragment = service_tags.read(raw, document)
    (catalogue,) = fragment.resources
    assert isinstance(catalogue, ServiceTagCatalogue)
    return catalogue, [f"{d.severity} {d.code} {d.location}" for d in fragment.diagnostics]


def test_the_weekly_file() -> None:
    found, said = read(FILE.read_text(encoding="utf-8"), str(FILE))
    assert said == []
    assert (found.name, found.cloud, found.change_number) == ("ServiceTags_Public_20250106", "Public", "356")
    assert found.tags == {
        "actiongroup": ServiceTagEntry("ActionGroup", ("192.0.2.0/25", "2001:db8:1::/48"), ("API", "NSG", "UDR", "FW")),
        "storage.westeurope": ServiceTagEntry("Storage.WestEurope", ("198.51.100.0/24",), ("API", "NSG")),
    }


def test_an_answer_of_the_discovery_api() -> None:
    """Azure Network REST API, ServiceTagsListResult: change numbers are strings, features are missing."""
    found, said = read(
        '{"name": "Public", "type": "Microsoft.Network/serviceTags", "changeNumber": "63", "cloud": "Public",'
        '"values": [{"name": "Sql", "id": "Sql", "serviceTagChangeNumber": "5", "properties": {"changeNumber": "5", '
        '"region": "", "state": "GA", "systemService": "AzureSQL", "addressPrefixes": ["192.0.2.0/24"]}}]}'
    )
    assert said == []
    assert found.change_number == "63"
    assert found.tags == {"sql": ServiceTagEntry("Sql", ("192.0.2.0/24",))}


def test_one_page_of_several_says_so() -> None:
    _, said = read('{"changeNumber": "1", "cloud": "Public", "values": [],\n "nextLink": "https://example.com"}')
    assert said == ["warning incomplete-export tags.json:2:14"]


@pytest.mark.parametrize(
    "value",
    [
        '"Sql"',
        '{"properties": {"addressPrefixes": []}}',
        '{"name": "Sql"}',
        '{"name": "Sql", "properties": {}}',
        '{"name": "Sql", "properties": {"addressPrefixes": "192.0.2.0/24"}}',
        '{"name": "Sql", "properties": {"addressPrefixes": [1]}}',
    ],
)
def test_a_malformed_tag_is_located(value: str) -> None:
    good = '{"name": "Web", "properties": {"addressPrefixes": ["192.0.2.1"]}}'
    found, said = read(f'{{"changeNumber": 1, "cloud": "Public", "values": [\n{good},\n  {value}]}}')
    assert said == ["error bad-service-tag tags.json:3:3"]
    assert list(found.tags) == ["web"]


@pytest.mark.parametrize("raw", [None, [], {}, {"values": []}, {"values": {}, "cloud": "Public", "changeNumber": 1}])
def test_other_documents_are_none(raw: Raw) -> None:
    assert not service_tags.is_service_tags(raw)


def test_a_tag_that_is_given_twice_is_an_error() -> None:
    _, said = read(
        """{"changeNumber": 1, "cloud": "Public", "values": [
      {"name": "A", "properties": {"addressPrefixes": ["192.0.2.1"]}},
      {"name": "a", "properties": {"addressPrefixes": ["192.0.2.2"]}}]}"""
    )
    assert said == ["error duplicate-tag tags.json:3:16"]


@pytest.mark.parametrize(
    "prefix", ["192.0.2.0/33", "192.0.2.256", "192.0.02.0/24", "192.0.2.0", "2001:db8::/129", "2001:db8::1::/48", ""]
)
def test_a_prefix_is_read_as_the_parser_of_addresses_reads_it(prefix: str) -> None:
    try:
        AddressSet.parse(prefix)
        expected = []
    except ValueError:
        expected = ["error bad-prefix tags.json:1:107"]
    _, said = read(
        '{"changeNumber": 1, "cloud": "Public", "values": [{"name": "A", "properties": {"addressPrefixes":'
        f' ["::1", "{prefix}"]}}}}]}}'
    )
    assert said == expected
