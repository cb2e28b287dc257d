"""Changes between two recordings of the same requests, classified by the contract.

A difference is **breaking** if a client written to the contract can fail or misread the response. It is **additive** if
clients may ignore it, and **benign** if both sides mean the same, or only values differ that change in each run.

A difference has the clause (``code`` and ``slug``) that governs it, else the slug in brackets below.
``kept → broken`` means: the old response kept the clause, the new one breaks it. A clause that both sides break in the
same way is no difference. A breach that the new side fixed is benign: clients expected the correct response all along.

==================================================================== ========= =======================================
difference                                                           class     clause
==================================================================== ========= =======================================
a clause of level violation: kept → broken                           breaking  that clause
5xx without an error body; no longer decimal checkpoint; compression breaking  SLS233, SLS207, SLS264, SLS290: warnings
that was not asked for; size of the unpacked body: kept → broken               where a client loses code, number, body
a missing key of an entry, except an empty consumer                  breaking  clause of the key; consumer: SLS209
a missing entry: of the requested shard; of a list in which no other breaking  SLS422; SLS421
shard shows a split, a merge or a new logstore
success → refusal of a request that was served (400, 405, 411, 413,  breaking  SLS444; 401, and 400 of the common
415, 401 SignatureNotMatch)                                                    table: SLS456; correct clock: SLS457
ProjectNotExist under its other name; another code for a wrong       breaking  SLS443; SLS451; SLS452; SLS455
signature, key, clock
one undocumented errorCode → another                                 breaking  SLS234
a response of the service → a 4xx of a proxy                         breaking  SLS257, and no other
a signature known to be wrong: refused, or not there, → served       breaking  SLS239
a missing project, logstore or group → 200 and an empty list         breaking  SLS443, SLS442, SLS441
a complete response → none, or a truncated one                       breaking  SLS462
another operation: missing JSON key that each element had; another   breaking  SLS270 to 274 where the contract
type; null where its contract allows none; another content type;               names it, else (json-shape); SLS253;
another status of success                                                      SLS231
an unknown key in an entry; in an error body; accessDeniedDetail in  additive  SLS212; SLS238
the same error
a response header that no contract names; a key that its contract    additive  (new-header); (new-key), (new-body)
does not name, or a body where there was none, in another operation
an encoding that the request accepts and this tool cannot read       additive  SLS267: the body is not compared
checkpoint, updateTime, consumer, ids, times; entries of new shards  benign    clause of the value
order of entries, of keys, white space, escapes                      benign    (entry-order), (json-form)
headers: case, order, Server, Connection, framing, accepted          benign    (header), (header-form), or the
compression, missing ones that no clause requires                              header's clause
reason phrase                                                        benign    (reason)
a state of the service: missing project, logstore, group; 403; a     benign    SLS444, or the clause of the code
known 5xx; 401 Unauthorized or InvalidAccessKeyId; an expired cursor
or consumer, a shard that another consumer holds; or its end
wording of errorMessage within one errorCode                         benign    SLS237
a response that no source specifies: to a malformed shard, unknown   benign    SLS444, or the clause of the code
query keys, a body; the error code for a malformed signature
values in another operation; in a fully specified one, any change of benign    (value)
a key that its contract does not name; added, removed and moved
elements of lists; the content of log groups, whose binary bodies
are compared decoded; bytes that no rule can compare
parts of the request that matching ignores                           benign    (request); a header with a value that
                                                                               newly breaks SLS107 to 112: breaking
no complete response → a complete one                                benign    SLS604
other attempts before the same outcome: busy, reset, timed out       benign    (attempts)
==================================================================== ========= =======================================

Two recordings cannot show some changes, which are not compared: signatures (recorders replace or drop them), and the
Date of a response if the request has the same date on both sides. An exchange of another service is not judged.
An exchange of which a recording lacks a body is not compared, and counted.

::

    comparison      compare: pairs, classifies, formats
      ├── pairing   which recordings are attempts of one exchange, and which exchanges have the same request
      ├── clauses   clauses that only one side breaks
      ├── outcome   status and errorCode: served, refused, a state of the service
      ├── entries   the list of checkpoints, shard by shard
      ├── shape     any other JSON and log groups, by shape and contract
      └── headers   headers of the response and the request
    side            one exchange of a pair, with derived values
    change          the results: Change, Unmatched, Drift; a change as a finding, as JSON values
"""

from sls_contract.cassettes.drift.change import Change, Drift, Unmatched, change_of, finding_of, plain_change
from sls_contract.cassettes.drift.comparison import compare, compare_exchange, unmatched_exchange
from sls_contract.cassettes.drift.pairing import Pairing
from sls_contract.spec.change import Class

__all__ = [
    "Change",
    "Class",
    "Drift",
    "Pairing",
    "Unmatched",
    "change_of",
    "compare",
    "compare_exchange",
    "finding_of",
    "plain_change",
    "unmatched_exchange",
]
