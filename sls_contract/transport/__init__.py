"""Requests to a real endpoint: one request per connection, sent byte for byte, and the response as received."""

from sls_contract.transport.address import Address, parse_endpoint
from sls_contract.transport.failures import TransportError
from sls_contract.transport.wire import Transport, open_transport

__all__ = ["Address", "Transport", "TransportError", "open_transport", "parse_endpoint"]
