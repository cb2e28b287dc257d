"""The rules that settle what families of sources contradict each other on."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sls_contract.spec.merge.facts import Fact
from sls_contract.spec.merge.rules import RULES, agreement, decide, lost, proofs, wire

FAMILIES = ("clients", "handbook", "openapi", "recordings")
PLACES = ("query size type", "query size required", "query size values", "response shape", "status")
WAYS = st.frozensets(st.sampled_from(("syntax", "table", "example", "prose", "digest", "model")), min_size=1)
VALUES = {
    "type": st.sampled_from(("string", "integer", "number", "boolean")),
    "required": st.booleans(),
    "values": st.lists(st.sampled_from("abc"), min_size=1, unique=True).map(tuple),
    "shape": st.sampled_from(("object", "array")),
    "status": st.sampled_from((200, 201)),
}


PROPERTY = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no failure


def values_of(place):
    return VALUES[place.rpartition(" ")[2]]


@st.composite
def ballots(draw):
    """Draw a place, and what some families say of it."""
    place = draw(st.sampled_from(PLACES))
    values = values_of(place)
    votes = draw(
        st.dictionaries(
            st.sampled_from(FAMILIES), st.tuples(values, WAYS, st.frozensets(values, max_size=2)), min_size=1
        )
    )
    return place, {
        family: Fact(value, read, family, earlier - {value}) for family, (value, read, earlier) in votes.items()
    }


def say(value, *read, earlier=()):
    return Fact(value, frozenset(read or ("table",)), "some-source", frozenset(earlier))


@PROPERTY
@given(ballots(), st.randoms())
def test_the_order_of_the_votes_does_not_matter(ballot, random):
    """Whoever is heard first, the decision is the same."""
    place, votes = ballot
    shuffled = list(votes.items())
    random.shuffle(shuffled)
    assert decide(place, dict(shuffled)) == decide(place, votes)


@PROPERTY
@given(ballots())
def test_agreement_is_a_fact(ballot):
    """What all say that say anything is decided so, with nothing left to rule."""
    place, votes = ballot
    same = next(iter(votes.values())).value
    agreed = {family: Fact(same, fact.read, fact.source, fact.earlier) for family, fact in votes.items()}
    decision = decide(place, agreed)
    assert (decision.value, decision.votes) == (same, {})
    assert agreement(place, agreed) == agreed


@PROPERTY
@given(ballots())
def test_silence_is_no_contradiction(ballot):
    """A family that says nothing changes nothing: whoever speaks alone is right."""
    place, votes = ballot
    for family, fact in votes.items():
        assert decide(place, {family: fact}).value == fact.value


@PROPERTY
@given(ballots(), st.data())
def test_a_proof_beats_every_print(ballot, data):
    """Where one family's value is proven by a digest, it is decided, whoever prints another."""
    place, votes = ballot
    prover = data.draw(st.sampled_from(sorted(votes)))
    printed = {family: replace(fact, read=fact.read - {"digest"} | {"table"}) for family, fact in votes.items()}
    proven = replace(votes[prover], read=frozenset({"digest"}))
    decision = decide(place, printed | {prover: proven})
    assert (decision.value, decision.votes) == (proven.value, {})


@PROPERTY
@given(ballots())
def test_what_no_rule_settles_is_listed_with_every_vote(ballot):
    """A contradiction is either settled by a rule, or told with what each family says."""
    place, votes = ballot
    decision = decide(place, votes)
    settled = any(len({fact.value for fact in rule(place, votes).values()}) == 1 for rule in RULES)
    assert set(decision.votes) == (set() if settled else set(votes))


@PROPERTY
@given(ballots())
def test_one_vote_a_family_and_no_value_that_nobody_gave(ballot):
    """A decision is a value that some family gave, or a lenient reading of several."""
    place, votes = ballot
    decision = decide(place, votes)
    lenient = decision.votes and (decision.value in (None, False, "number") or isinstance(decision.value, tuple))
    assert lenient or decision.value in {fact.value for fact in votes.values()}


def test_the_wire_beats_a_table():
    """An example that shows a number settles what a table calls a text; of what is required it says nothing."""
    votes = {"handbook": say("integer", "table", "example"), "openapi": say("string", "model")}
    assert decide("query size type", votes).value == "integer"
    assert set(wire("query size type", votes)) == {"handbook"}
    contradicted = {"handbook": say(True, "syntax"), "openapi": say(False, "model")}
    assert decide("query size required", contradicted).votes == {"handbook": "yes", "openapi": "no"}


def test_history_recovers_what_a_rewrite_lost():
    """Where a family once said what the other says now, that is right; of what is required its newest word counts."""
    votes = {"handbook": say("object", "example", earlier={"array"}), "openapi": say("array", "model")}
    assert decide("response shape", votes).value == "array"
    assert set(lost("response shape", votes)) == {"openapi"}
    assert lost("query size required", {"handbook": say(False, earlier={True}), "openapi": say(True)}) == {}


def test_a_proof_is_a_digest_only():
    """An example proves nothing by being printed."""
    votes = {"handbook": say("object", "example"), "openapi": say("array", "digest")}
    assert set(proofs("response shape", votes)) == {"openapi"}


def test_requests_are_read_leniently_where_nothing_settles():
    """Whatever one family allows is allowed: optional, of any type that was named, of any value, of any shape."""
    assert decide("query size required", {"handbook": say(True), "openapi": say(False)}).value is False
    assert decide("query size type", {"handbook": say("string"), "openapi": say("integer")}).value is None
    assert decide("query size type", {"handbook": say("number"), "openapi": say("integer")}).value == "number"
    assert decide("query size values", {"handbook": say(("a",)), "openapi": say(("a", "b"))}).value == ("a", "b")
    assert decide("response shape", {"handbook": say("object"), "openapi": say("array")}).value is None


def test_what_was_said_twice_is_surer():
    """Two families, or the table and the example of one page, are surer than one table."""
    assert not decide("query size type", {"handbook": say("string")}).sure
    assert decide("query size type", {"handbook": say("string", "table", "example")}).sure
    assert decide("query size type", {"handbook": say("string"), "openapi": say("string")}).sure
