"""Cassettes of a suite in object storage, and the lock that says which of them a checkout was green with.

::

    suite      a suite's names: its URL, its lock, its folder on this machine
    lockfile   sls-cassettes.lock: one line a suite
    revision   all recordings of a suite at one time: names and digests, and the revisions before
    store      objects at a URL, which never change, and copies of them on this machine
    checkout   the recordings of a revision as files: pull, push, status

Nothing at a URL is ever written over. A revision is named by the digest of its content, as are recordings, and the
lock, which git keeps, is the only thing that moves. So an old checkout finds what it was green with, writers need no
lock between them, and no storage needs conditional writes.
"""
