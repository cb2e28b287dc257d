"""Store the cassettes of a suite in object storage, and lock the revision that a checkout passed with.

::

    suite      the URL of a suite, its lock file, and its local folder
    lockfile   sls-cassettes.lock: one line per suite
    revision   all recordings of a suite at one time: names, digests, and parent revisions
    store      the immutable objects at a URL, and their local copies
    checkout   the recordings of a revision as local files: pull, push, status

Objects at a URL are never overwritten. Revisions and recordings are named by the digest of their content; only the lock
file, which is under version control, changes. An old checkout therefore finds the recordings it passed with, writers
need no lock between them, and the storage needs no conditional writes.
"""
