"""The cassette on disk: vcrpy's version 1 layout, one block per exchange, appended to by way of a journal.

::

    emission ── canonical      a tree of plain values as YAML text, and quickly back
    coding, block              a Recording as such a tree, and back
    layout                     the text of a file: prolog, blocks, end; told apart without parsing YAML
    reader                     CassetteFile: blocks parsed when they are asked for
    lock, atomic, journal      one writer at a time, whole files only, nothing received is lost
    recording_file             open_for_recording, fold, write
"""
