"""The differences between two descriptions of an operation; a description is the claims of a page, or a contract.

The classes are those of `sls-contract diff`, for a client written against the old description. A difference is
**breaking** if it can fail or misread, **additive** if it gets something new that it can ignore, **benign** otherwise.
A client writes requests and reads responses, so the class of some differences depends on which of them they are in.

======================================================================== ========= ===============
difference                                                               class     slug
======================================================================== ========= ===============
method, fixed segment of the path, host                                  breaking  route
parameter, header, member or element gone                                breaking  gone
new and required in a request                                            breaking  new-required
new otherwise                                                            additive  new
now required in a request                                                breaking  required
no longer required in a request                                          additive  optional
no longer promised in a response                                         breaking  not-promised
now promised in a response                                               additive  promised
another type, array ↔ object, JSON ↔ binary; a type where any was valid  breaking  retyped
any type where one was required                                          additive  retyped
the same name in another place: query → path, another parent; a          breaking  moved
parameter with a similar name in another place
a query key, header, member or error code renamed                        breaking  renamed
a value of an enum gone, or an enum where any value was valid            breaking  values
a new value of an enum, or any value where there was an enum             additive  values
bounds, null, format or meaning: a valid request is now invalid;         breaking  rule
a response promises less, or something else
the reverse                                                              additive  rule
another default                                                          breaking  rule
a status of the success gone; one errorCode with another status          breaking  status
an error code gone; new                                                  see above gone, new
name of a placeholder, of the operation                                  benign    placeholder, name
messages, texts, order, levels                                           benign    wording, order, level
only one side states it: a type, whether it is required, values, a       benign    not-stated, stated
whole table of errors or response headers
======================================================================== ========= ===============

A rename is recognised by place, type, and a similar name or the same position. Differences between pages are only
hints, because pages omit much; the contract merged from all sources is decisive.
"""

from sls_contract.spec.change import Change, Class, verdict_of
from sls_contract.spec.difference.comparison import compare, compare_all
from sls_contract.spec.difference.side import Side

__all__ = ["Change", "Class", "Side", "compare", "compare_all", "verdict_of"]
