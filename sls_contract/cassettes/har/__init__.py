"""HTTP Archive 1.2 (HAR): recordings for browsers and proxies, and theirs for us.

What HAR has a place for stands there, as any reader expects it; what it has none for (evidence, digest, wire bytes,
broken attempts) stands beside it under ``_contract``, since the format lets names with an underscore pass.

::

    notes      plain values that JSON cannot hold (bytes), and back
    writing    a Recording as an entry
    reading    an entry as a Recording: ours exactly, anybody else's as far as it tells
    archive    HarFile: a whole file
"""
