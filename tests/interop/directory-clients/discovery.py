"""The discovery client of the PyPI package x402 lists and searches resources.

    python discovery.py URL
"""

import sys

from x402.extensions.bazaar import (
    ListDiscoveryResourcesParams,
    SearchDiscoveryResourcesParams,
    with_bazaar,
)
from x402.http import FacilitatorConfig, HTTPFacilitatorClientSync

client = with_bazaar(HTTPFacilitatorClientSync(FacilitatorConfig(url=sys.argv[1])))
bazaar = client.extensions.bazaar

first = bazaar.list_resources(ListDiscoveryResourcesParams(type="http", limit=10))
assert first.x402_version == 2, first.x402_version
assert first.pagination.total > 0 and 0 < len(first.items) <= 10, first.pagination
for item in first.items:
    assert item.resource.startswith("http") and item.accepts is not None and item.last_updated, item
second = bazaar.list_resources(ListDiscoveryResourcesParams(type="http", limit=10, offset=10))
assert not {item.resource for item in first.items} & {item.resource for item in second.items}

found = bazaar.search(SearchDiscoveryResourcesParams(query="weather", limit=2))
assert found.resources and found.pagination is not None, found
