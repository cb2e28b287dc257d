"""The rules that settle what families of sources contradict each other on."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sls_contract.spec.merge.facts import Fact
from sls_contract.spec.merge.rules import RULES, agreement, decide, lost_in_rewrite, proofs, wire

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


@given(ballots(), st.randoms())
def test_the_order_of_the_votes_does_not_matter(ballot, random):
    """Whoever is heard first, the decision is the same."""
    place, votes = ballot
    shuffled = list(votes.items())
    random.shuffle(shuffled)
    assert decide(place, dict(shuffled)) == decide(place, votes)


@given(ballots())
def test_agreement_is_a_fact(ballot):
    """What all say that say anything is decided so, with nothing left to rule."""
    place, votes = ballot
    same = next(iter(votes.values())).value
    agreed = {family: Fact(same, fact.read, fact.source, fact.earlier) for family, fact in votes.items()}
    decision = decide(place, agreed)
    assert (decision.value, decision.votes) == (same, {})
    assert agreement(place, agreed) == agreed


@given(ballots())
def test_silence_is_no_contradiction(ballot):
    """A family that says nothing changes nothing: whoever speaks alone is right."""
    place, votes = ballot
    for family, fact in votes.items():
        assert decide(place, {family: fact}).value == fact.value


@given(ballots(), st.data())
def test_a_proof_beats_every_print(ballot, data):
    """Where one family's value is proven by a digest, it is decided, whoever prints another."""
    place, votes = ballot
    prover = data.draw(st.sampled_from(sorted(votes)))
    printed = {family: replace(fact, read=fact.read - {"digest"} | {"table"}) for family, fact in votes.items()}
    proven = replace(votes[prover], read=frozenset({"digest"}))
    decision = decide(place, printed | {prover: proven})
    assert (decision.value, decision.votes) == (proven.value, {})


OPEN = [place for place in PLACES if not place.endswith("required")]


@given(st.sampled_from(OPEN), st.sets(st.sampled_from(FAMILIES), min_size=2), st.data())
def test_what_the_wire_shows_beats_what_tables_say(place, families, data):
    """One family's request line or example settles it, whatever the tables and models of others say."""
    drawn = {family: data.draw(values_of(place)) for family in sorted(families)}
    shower = data.draw(st.sampled_from(sorted(families)))
    votes = {family: say(value, "model") for family, value in drawn.items()}
    votes[shower] = say(drawn[shower], data.draw(st.sampled_from(("syntax", "example"))))
    assert (decide(place, votes).value, decide(place, votes).votes) == (drawn[shower], {})


@given(st.sampled_from(OPEN), st.sets(st.sampled_from(FAMILIES), min_size=2), st.data())
def test_what_all_others_once_said_is_recovered(place, families, data):
    """A family's word counts where the others said it in older sources, and their newest say something else."""
    right = data.draw(values_of(place))
    keeper = data.draw(st.sampled_from(sorted(families)))
    wrong = data.draw(values_of(place).filter(lambda value: value != right))
    votes = {family: say(wrong, "example", earlier={right}) for family in families} | {keeper: say(right)}
    assert (decide(place, votes).value, decide(place, votes).votes) == (right, {})


@given(ballots())
def test_what_no_rule_settles_is_listed_with_every_vote(ballot):
    """A contradiction is either settled by a rule, or told with what each family says."""
    place, votes = ballot
    decision = decide(place, votes)
    settled = any(len({fact.value for fact in rule(place, votes).values()}) == 1 for rule in RULES)
    assert set(decision.votes) == (set() if settled else set(votes))


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
    assert set(lost_in_rewrite("response shape", votes)) == {"openapi"}
    assert lost_in_rewrite("query size required", {"handbook": say(False, earlier={True}), "openapi": say(True)}) == {}


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
