"""The messages of logs, judged by the official SDK's own protobuf classes."""

import hypothesis.strategies as st
import pytest
from aliyun.log.proto import LogGroup as SdkLogGroup
from aliyun.log.proto import LogGroupList as SdkLogGroupList
from google.protobuf.message import DecodeError
from hypothesis import example, given

from sls_contract.endpoint.state.log_groups import Log, LogGroup, decode_group, encode_group, encode_list

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
UINT32 = st.integers(0, 2**32 - 1)
LOGS = st.builds(Log, UINT32, PAIRS, st.none() | UINT32)
GROUPS = st.builds(LogGroup, st.lists(LOGS, max_size=3).map(tuple), *(st.none() | TEXT for _ in range(3)), PAIRS)
KEY, VALUE = b"\x0a\x01k", b"\x12\x01v"
TIME = b"\x08\x01"


def read_by_sdk(data: bytes) -> LogGroup:
    message = SdkLogGroup()
    message.ParseFromString(data)
    return LogGroup(
        logs=tuple(
            Log(
                log.Time,
                tuple((each.Key, each.Value) for each in log.Contents),
                log.Time_ns if log.HasField("Time_ns") else None,
            )
            for log in message.Logs
        ),
        topic=message.Topic if message.HasField("Topic") else None,
        source=message.Source if message.HasField("Source") else None,
        machine=message.MachineUUID if message.HasField("MachineUUID") else None,
        tags=tuple((each.Key, each.Value) for each in message.LogTags),
    )


def written_by_sdk(group: LogGroup) -> SdkLogGroup:
    message = SdkLogGroup()
    for name, text in (("Topic", group.topic), ("Source", group.source), ("MachineUUID", group.machine)):
        if text is not None:
            setattr(message, name, text)
    for log in group.logs:
        written = message.Logs.add(Time=log.time)
        if log.nanoseconds is not None:
            written.Time_ns = log.nanoseconds
        for key, value in log.contents:
            written.Contents.add(Key=key, Value=value)
    for key, value in group.tags:
        message.LogTags.add(Key=key, Value=value)
    return message


@given(GROUPS)
def test_the_sdk_reads_what_we_write(group):
    """Every field of a group arrives in the SDK's message as it was, and we read our own messages."""
    assert read_by_sdk(encode_group(group)) == group
    assert decode_group(encode_group(group)) == group


@given(GROUPS)
def test_we_read_what_the_sdk_writes(group):
    """Every field of the SDK's message arrives in ours as it was."""
    assert decode_group(written_by_sdk(group).SerializeToString()) == group


@given(st.lists(GROUPS, max_size=4))
def test_the_sdk_reads_a_list(groups):
    """A list holds the groups in order, byte for byte."""
    encoded = [encode_group(group) for group in groups]
    message = SdkLogGroupList()
    message.ParseFromString(encode_list(encoded))
    assert [read_by_sdk(each.SerializeToString()) for each in message.LogGroups] == groups


@given(GROUPS, st.data())
def test_a_message_cut_off_is_refused_where_the_sdk_refuses_it(group, data):
    """Half a message is no message, except where it ends between two fields."""
    whole = encode_group(group)
    part = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        expected = read_by_sdk(part)
    except DecodeError:
        expected = None
    try:
        assert decode_group(part) == expected
    except ValueError:
        assert expected is None


@given(st.binary(max_size=40))
@example(b"\x0b\x0c")
def test_any_bytes_are_a_group_or_a_value_error(data):
    """Whatever a client sends, nothing else is raised."""
    try:
        decode_group(data)
    except ValueError:
        return
    assert encode_group(decode_group(data)) is not None


def a_log(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return b"\x0a" + bytes([len(body)]) + body


def a_pair(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return b"\x12" + bytes([len(body)]) + body


@pytest.mark.parametrize(
    "data",
    [a_log(a_pair(KEY, VALUE)), a_log(TIME, a_pair(KEY)), a_log(TIME, a_pair(VALUE))],
    ids=["no time", "no value", "no key"],
)
def test_what_lacks_a_required_field_is_refused(data):
    """The SDK's own message is not complete then, either."""
    message = SdkLogGroup()
    message.ParseFromString(data)
    assert not message.IsInitialized()
    with pytest.raises(ValueError, match="required"):
        decode_group(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x00\x01", "field number 0"),
        (b"\x0b", "wire type 3"),
        (b"\x0a\x05\x08", "cut off"),
        (b"\x0a", "cut off"),
        (b"\x08" + b"\xff" * 10 + b"\x01", "more than 64 bits"),
        (b"\x25\x01\x02", "cut off"),
    ],
)
def test_a_damaged_message_is_refused(data, told):
    """What is no message is refused, as the SDK refuses it."""
    with pytest.raises(DecodeError):
        SdkLogGroup().ParseFromString(data)
    with pytest.raises(ValueError, match=told):
        decode_group(data)


def test_unknown_fields_are_passed_over():
    """Fields of all four kinds that a newer client may send change nothing."""
    unknown = b"\x78\x01" + b"\x79" + b"x" * 8 + b"\x7a\x01x" + b"\x7d" + b"x" * 4
    data = a_log(TIME, unknown, a_pair(KEY, VALUE, unknown)) + unknown
    assert decode_group(data) == LogGroup((Log(1, (("k", "v"),)),)) == read_by_sdk(data)


def test_the_last_of_a_repeated_field_counts():
    """A time, a fraction or a text that comes twice is the second."""
    data = a_log(
        TIME, b"\x08\x02", b"\x25\x01\x00\x00\x00", b"\x25\x02\x00\x00\x00", a_pair(KEY, KEY[:2] + b"q", VALUE)
    )
    assert decode_group(data) == LogGroup((Log(2, (("q", "v"),), 2),)) == read_by_sdk(data)


def test_text_that_is_no_utf8_is_told_apart():
    """Bytes that are no text have an error of their own: the service returns another code for it."""
    with pytest.raises(UnicodeDecodeError):
        decode_group(a_log(TIME, a_pair(KEY, b"\x12\x01\xff")))


def test_a_time_wider_than_32_bits_is_cut_as_the_sdk_cuts_it():
    """A client that writes milliseconds gets the same nonsense everywhere."""
    data = a_log(b"\x08\xff\xff\xff\xff\xff\x01")
    assert decode_group(data) == LogGroup((Log(2**32 - 1),)) == read_by_sdk(data)
