"""Which operation a request asks for."""

import pytest

from sls_contract.exchange import Request
from sls_contract.spec import operation_of
from sls_contract.spec.registry import registry

HOST = "http://my-project.cn-hangzhou.log.aliyuncs.com"
GROUP = "/logstores/my-logstore/consumergroups/my-group"
GROUPS = "/logstores/my-logstore/consumergroups"


def asked(method, target):
    operation = operation_of(Request(method, HOST + target))
    return operation and operation.operation


@pytest.mark.parametrize(
    ("method", "target", "name"),
    [
        ("GET", GROUP, "GetCheckPoint"),
        ("GET", f"{GROUP}?shard=0", "GetCheckPoint"),
        ("GET", f"{GROUP}?", "GetCheckPoint"),
        ("GET", f"{GROUP}?shard=abc&other=1", "GetCheckPoint"),
        ("GET", "/logstores/my-logstore/consumergroups/a%2Fb%20c", "GetCheckPoint"),
        ("GET", "/logstores/%E6%97%A5%E5%BF%97/consumergroups/%FF", "GetCheckPoint"),
        ("GET", "/%6Cogstores/my-logstore/consumergroups/日志", "GetCheckPoint"),
        ("GET", GROUPS, "ListConsumerGroup"),
        ("POST", GROUPS, "CreateConsumerGroup"),
        ("PUT", GROUP, "UpdateConsumerGroup"),
        ("DELETE", GROUP, "DeleteConsumerGroup"),
        ("POST", f"{GROUP}?type=heartbeat&consumer=c", "ConsumerGroupHeartBeat"),
        ("POST", f"{GROUP}?consumer=c&forceSuccess=True&type=checkpoint", "ConsumerGroupUpdateCheckPoint"),
    ],
)
def test_each_operation_is_recognised(method, target, name):
    """Method, path and query tell the operations apart."""
    assert asked(method, target) == name


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", f"{GROUP}/"),
        ("GET", f"{GROUPS}/"),
        ("GET", f"{GROUPS}/a/b"),
        ("GET", "/logstores//consumergroups/my-group"),
        ("GET", "/consumergroups/my-group"),
        ("GET", "/nowhere"),
        ("GET", f"{GROUP}#".replace("groups", "groupz")),
        ("HEAD", GROUP),
        ("OPTIONS", GROUP),
        ("get", GROUP),
        ("POST", GROUP),
        ("POST", f"{GROUP}?type=other"),
        ("POST", f"{GROUP}?typ=heartbeat"),
    ],
)
def test_anything_else_is_no_operation_of_ours(method, target):
    """An empty name, a project's own consumer groups, HEAD and unknown types are another thing."""
    assert asked(method, target) is None


def test_names_come_out_decoded():
    """A percent-encoded slash belongs to the name, and a plus sign is a plus sign."""
    asked = Request("GET", f"{HOST}/logstores/a+b/consumergroups/c%2Fd%E7%BB%84")
    assert registry().names_in(asked) == {"logstore": "a+b", "consumerGroup": "c/d组"}
    assert registry().names_in(Request("GET", f"{HOST}/logstores/a/consumergroups/")) == {}


def test_the_host_tells_a_project_from_all_of_them():
    """GET / is GetProject where the host names a project, and ListProject where it names none."""
    assert asked("GET", "/") == "GetProject"
    bare = operation_of(Request("GET", "http://cn-hangzhou.log.aliyuncs.com/"))
    assert bare.operation == "ListProject"
