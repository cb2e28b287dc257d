"""HTTP Archive 1.2 (HAR): recordings for browsers and proxies, and their archives as recordings.

Values that HAR has a field for are in that field, for any reader. The others (evidence, digest, wire bytes, incomplete
attempts) are under ``_contract``: the format allows names with an underscore.

::

    notes      plain values that JSON cannot represent (bytes), and back
    writing    a Recording as an entry
    bodies     the bytes that a text of another tool stands for
    reading    an entry as a Recording: exact for sls-contract's entries, as complete as possible for others
    archive    HarFile: a whole file
"""
