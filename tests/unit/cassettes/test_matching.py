"""Which recording a request matches, in which order, and what is said where there is none."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from sls_contract import Request
from sls_contract.cassettes.matching import Index, Key, explain_miss, requested_positions

HOST = "https://my-project.cn-hangzhou.log.aliyuncs.com"
GROUP = f"{HOST}/logstores/my-logstore/consumergroups/g"


def asking(query="shard=0", **changes):
    return Request(**{"method": "GET", "url": f"{GROUP}?{query}", **changes})


def test_what_does_not_matter():
    """Scheme, port, endpoint, signature, headers, order of the query and spelling of escapes do not."""
    key = Key.of(asking("shard=0&x=a%20b"))
    assert key == Key.of(
        asking(
            url="http://MY-project.eu-west-1.log.aliyuncs.com:8080/logstores/my%2Dlogstore/consumergroups/g?x=a+b&shard=0"
        )
    )
    assert key == Key.of(asking("shard=0&x=a%20b", headers={"Authorization": "LOG a:b", "Date": "today"}))


def test_what_matters():
    """Method, project, path, every pair of the query however often it stands there, and the body."""
    keys = [
        Key.of(one)
        for one in (
            asking(),
            asking(method="POST"),
            asking(url=f"{GROUP}?shard=0".replace("my-project", "other")),
            asking(url=f"{GROUP}2?shard=0"),
            asking(url=f"{HOST}/logstores/my-logstore/consumergroups/g%2F?shard=0"),
            asking("shard=0&shard=0"),
            asking("shard="),
            asking(body=b"x"),
        )
    ]
    assert len(set(keys)) == len(keys)


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=5), st.randoms())
def test_the_order_of_the_query_never_matters(pairs, random):
    """Any permutation has the same key."""
    from urllib.parse import urlencode

    shuffled = random.sample(pairs, len(pairs))
    assert Key.of(asking(urlencode(pairs))) == Key.of(asking(urlencode(shuffled)))


@given(st.lists(st.sampled_from("abc")), st.booleans())
def test_each_is_handed_out_once_in_recorded_order(letters, repeat):
    """Positions of a key come in order; then none, or with repeat the last again."""
    index = Index((Key.of(asking(each)) for each in letters), repeat=repeat)
    for letter in "abc":
        expected = [at for at, each in enumerate(letters) if each == letter]
        assert [index.take(Key.of(asking(letter))) for _ in expected] == expected
        after = index.take(Key.of(asking(letter)))
        assert after == (expected[-1] if repeat and expected else None)
    assert index.played == frozenset(range(len(letters)))


@given(st.text("ab"), st.lists(st.text("ab", max_size=5), max_size=4))
def test_plays_together_ask_for_as_many_as_each_did(recorded, plays):
    """Each play begins anew; of identical recordings the first are asked for, as many as all plays asked."""
    keys = [Key.of(asking(f"q={letter}")) for letter in recorded]
    played = []
    for letters in plays:
        index = Index(keys)
        played.append([at for letter in letters if (at := index.take(Key.of(asking(f"q={letter}")))) is not None])
    together = requested_positions(keys, played)
    assert together >= {at for each in played for at in each}
    for letter in "ab":
        of_kind = [at for at, each in enumerate(recorded) if each == letter]
        times = sum(at in each for at in of_kind for each in played)
        assert sorted(together.intersection(of_kind)) == of_kind[:times]


def test_threads_never_get_the_same_recording():
    """Eight threads empty one index: each position once."""
    index = Index([Key.of(asking())] * 800)
    taken: list[int] = []

    def work():
        taken.extend(index.take(Key.of(asking())) for _ in range(100))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(800))


def test_a_miss_in_an_empty_cassette():
    """There is nothing to compare with: record it."""
    text = str(explain_miss(asking(), [], frozenset(), "x.yaml"))
    assert text.splitlines() == [
        f"no recording in x.yaml matches GET {GROUP}?shard=0",
        "The cassette has no exchange.",
        "How to fix: record it (pytest --sls-record=new_episodes)",
    ]


def test_a_miss_that_was_played_already():
    """Asked more often than recorded: that is said, with the count and both ways out."""
    miss = explain_miss(asking(), [asking(), asking(), asking("shard=1")], frozenset({0, 1}), "x.yaml")
    assert miss.details == ("It was recorded 2 times, and has been played as often.",)
    assert "repeat='last'" in miss.advice


def test_a_miss_names_the_closest_and_every_difference():
    """The same path weighs most; among equals one that was not played yet; long bodies are cut; no secret is shown."""
    recorded = [
        asking("shard=1", method="POST", body=b"b" * 500),
        asking(url=f"{HOST}/logstores"),
        asking("shard=2", method="POST", body=b"c"),
    ]
    miss = explain_miss(asking("shard=0&security-token=abc"), recorded, frozenset({0}), "x.yaml")
    assert "abc" not in miss.headline
    assert miss.details[0].startswith("The closest is exchange 2: POST ")
    assert [line.strip().partition(":")[0] for line in miss.details[1:]] == ["method", "query", "body"]
    cut = explain_miss(asking("shard=1", method="POST"), recorded[:1], frozenset(), "x.yaml")
    assert cut.details[1].endswith("… (503 characters) recorded")
