"""Which hosts a proxy takes for the service's own, and asks over https whatever its client speaks."""

from __future__ import annotations

import pytest

from sls_contract.transport.relay import is_service


@pytest.mark.parametrize(
    ("authority", "service"),
    [
        ("my-project.cn-hangzhou.log.aliyuncs.com", True),
        ("MY-PROJECT.cn-hangzhou.log.aliyuncs.com:80", True),
        ("cn-hangzhou.log.aliyuncs.com.", True),
        ("cn-hangzhou.log.aliyuncs.com:8080", False),
        ("aliyuncs.com", False),
        ("log.aliyuncs.com.example.com", False),
        ("my-project.127.0.0.1", False),
    ],
)
def test_a_name_below_the_services_domain_at_no_port_of_its_own(authority, service):
    """A final dot names the same host, and must not send a key in the clear."""
    assert is_service(authority) is service
