"""The cassette on disk: vcrpy's version 1 layout, one block per exchange, appended to through a journal.

::

    emission                   a tree of plain values as YAML text
    coding, block              a Recording as such a tree
    interaction, parsing       a block or a third party's interaction as a Recording
    canonical                  the same for unedited blocks, much faster
    layout, validation         the text of a file: prolog, blocks, end; split without parsing YAML
    reader                     CassetteFile: each block is parsed when it is read
    lock, replacing, journal   one writer at a time, atomic replacement, no received exchange is lost
    merging                    three-way merge by exchange
    recording_file             open_for_recording, fold, write
"""
