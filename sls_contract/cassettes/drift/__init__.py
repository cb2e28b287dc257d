"""What changed between two recordings of the same requests, judged by the contract.

The rule: a difference is **breaking** if a client written to the contract can fail or misread, **additive** if it meets
something new that it may ignore, **benign** if both sides say the same, or only what is meant to move has moved.

What differs is told with a clause (``code`` and ``slug``) where one governs it, else with the slug in brackets below.
``kept → broken`` means: the old answer kept the clause, the new one breaks it. What both sides break alike is no
difference, and a breach that the new side fixed is benign: a client written to the contract expected it all along.

==================================================================== ========= =======================================
difference                                                           class     clause
==================================================================== ========= =======================================
a clause of level violation: kept → broken                           breaking  that clause
5xx without an error body; no longer decimal checkpoint; compression breaking  SLS233, SLS207, SLS264: warnings where
that was not asked for: kept → broken                                          a client loses code, number or body
a key of an entry gone, but for an empty consumer                    breaking  clause of the key; consumer: SLS209
an entry gone: of the shard asked for; of a list in which no other   breaking  SLS422; SLS421
shard shows a split, a merge or a new logstore
success → refusal of a request that was served (400, 405, 411, 413,  breaking  SLS444; 400 and 401: SLS456; a clock
415, 401 SignatureNotMatch)                                                    that is right: SLS457
ProjectNotExist under its other name; another code for a wrong       breaking  SLS443; SLS451; SLS452; SLS455
signature, key, clock
one undocumented errorCode → another                                 breaking  SLS234
a signature known to be wrong: refused, or none such, → served       breaking  SLS239
a missing project, logstore or group → 200 and an empty list         breaking  SLS443, SLS442, SLS441
answered → not answered, or cut off                                  breaking  SLS462
another operation: JSON key gone that each element had, type         breaking  SLS270 to 274 where the contract
changed, null where its contract allows none; another content type;            names it, else (json-shape); SLS253;
another status of success                                                      SLS231
an unknown key in an entry; in an error body; accessDeniedDetail in  additive  SLS212; SLS238
the same error
a response header that no contract names; a key that its contract    additive  (new-header); (new-key), (new-body)
does not name, or a body where there was none, in another operation
an encoding that the request accepts and this tool cannot read       additive  SLS267: the body is not compared
checkpoint, updateTime, consumer, ids, times; entries of new shards  benign    clause of the value
order of entries, of keys, white space, escapes                      benign    (entry-order), (json-form)
headers: casing, order, Server, Connection, framing, accepted        benign    (header), (header-form), or the
compression, those that are gone and no clause asks for                        header's clause
reason phrase                                                        benign    (reason)
a state of the service: missing project, logstore, group; 403; a     benign    SLS444, or the clause of the code
known 5xx; 401 Unauthorized or InvalidAccessKeyId; or its end
wording of errorMessage within one errorCode                         benign    SLS237
how a request is answered that no source settles: malformed shard,   benign    SLS444, or the clause of the code
unknown query keys, a body; with which code malformed signatures are
values in another operation; of one that is known in full, all that  benign    (value)
becomes of a key that its contract does not name; elements of lists
that came, went or moved; what log groups hold, whose binary bodies
are compared decoded; bytes that no rule knows more of
what the client sent beside what is matched                          benign    (request); a header with a value that
                                                                               newly breaks SLS107 to 112: breaking
not answered → answered                                              benign    SLS604
other attempts before the same outcome: busy, reset, timed out       benign    (attempts)
==================================================================== ========= =======================================

Not compared, because two recordings do not show it: signatures (recorders replace or drop them), and the Date of an
answer against a request that carries the same date on both sides. An exchange of another service is not judged.

::

    comparison      compare: pairs, judges, tells
      ├── pairing   which recordings are attempts of one exchange, and which exchanges answer the same request
      ├── clauses   what newly breaks a clause, or no longer does
      ├── outcome   status and errorCode: served, refused, a state of the service
      ├── entries   the list of checkpoints, shard by shard
      ├── shape     any other JSON and log groups, by shape and contract
      └── headers   what the answer's and the request's headers say
    side            one exchange of a pair, with what is known of it
    change          the values that come out: Change, Unmatched, Drift; a change as lines, as a finding, as JSON values
"""

from __future__ import annotations

from sls_contract.cassettes.drift.change import (
    Change,
    Drift,
    Unmatched,
    change_lines,
    change_of,
    finding_of,
    plain_change,
)
from sls_contract.cassettes.drift.comparison import alone, compare, compare_exchange
from sls_contract.cassettes.drift.pairing import Pairing
from sls_contract.spec.change import Class

__all__ = [
    "Change",
    "Class",
    "Drift",
    "Pairing",
    "Unmatched",
    "alone",
    "change_lines",
    "change_of",
    "compare",
    "compare_exchange",
    "finding_of",
    "plain_change",
]
