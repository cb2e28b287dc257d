"""Members of the body that a page describes."""

from sls_contract.spec.claims import Body, Page, Parameter
from sls_contract.spec.difference import Side, compare


def test_a_member_has_its_own_name_beside_an_object_with_a_member_of_that_name():
    """A page may list the member of an object before the member of the body that has the same name."""

    def side(kind):
        members = {
            (None, "config"): Parameter("object"),
            ("config", "type"): Parameter("string", parent="config"),
            (None, "type"): Parameter(kind),
        }
        return Side.of_claims(Page("UpdateSheep", body=Body("object", members)))

    (change,) = compare(side("string"), side("integer"))
    assert (change.where, change.old, change.new) == ("body /type", "string", "integer")


def test_a_member_of_the_body_is_shown_by_its_plain_name():
    """The member of an object, listed before, is the one whose name says its object."""
    nested, own = Parameter("string", parent="config"), Parameter("integer")
    body = Body("object", {("config", "type"): nested, (None, "type"): own, ("config", "name"): nested})
    assert body.shown() == {"config.type": nested, "type": own, "name": nested}
