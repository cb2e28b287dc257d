"""What changed between two descriptions of an operation: claims of a page, or contracts.

The rule is that of `sls-contract diff`: a difference is **breaking** if a client written to the old description can
fail or misread, **additive** if it meets something new that it may ignore, **benign** if both say the same.
Here a request is what a client sends, an answer what it reads, so some differences mirror each other.

======================================================================== ========= ===============
difference                                                               class     slug
======================================================================== ========= ===============
method, fixed segment of the path, host                                  breaking  route
parameter, header, member or element gone                                breaking  gone
new and required in a request                                            breaking  new-required
new otherwise                                                            additive  new
now required in a request                                                breaking  required
no longer required in a request                                          additive  optional
no longer promised in an answer                                          breaking  not-promised
now promised in an answer                                                additive  promised
another type, array ↔ object, JSON ↔ binary; a type where any was free   breaking  retyped
any type where one was demanded                                          additive  retyped
the same name in another place: query → path, another parent; a          breaking  moved
parameter with a like name in another place
a query key, header, member or error code renamed                        breaking  renamed
a value of an enum gone, or values where any was free                    breaking  values
a new value of an enum, or any where some were free                      additive  values
bounds, null, format or meaning: a request that was right is wrong;      breaking  rule
an answer promises less, or something else
the other way round                                                      additive  rule
another default                                                          breaking  rule
a status of the success gone; one errorCode with another status          breaking  status
an error code gone; new                                                  see above gone, new
name of a placeholder, of the operation                                  benign    placeholder, name
messages, words, order, levels                                           benign    wording, order, level
a page is silent where the other one speaks: a type, whether it is       benign    not-told, told
required, values, a whole table of errors or response headers
======================================================================== ========= ===============

A rename is recognised by place, type, and a like name or the same position. A page's difference proposes: much that is
gone there was only left out, so what counts is the contract that is merged from all sources.
"""

from __future__ import annotations

from sls_contract.spec.change import Change, Class, verdict_of
from sls_contract.spec.difference.comparison import compare, compare_all
from sls_contract.spec.difference.side import Side

__all__ = ["Change", "Class", "Side", "compare", "compare_all", "verdict_of"]
