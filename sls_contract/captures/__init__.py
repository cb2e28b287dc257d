"""Captures: recordings of any size, wherever they are stored, judged on any number of cores.

::

    storage      local files and fsspec URLs: what a user names, opened as a stream of bytes
    compression  gzip, zstd, bzip2 and xz, by their first bytes
    splitting    a stream of bytes → chunks of whole exchanges: HAR, JSON Lines, mitmproxy flows
    lines        one exchange as a line of JSON, and back
    flows        one exchange as mitmproxy writes it
    judging      a chunk → what was found in it; chunks → what was found in the capture
    engine       the same function on many chunks: in this process, on its cores, on a Dask or Ray cluster
    remote       cassettes of a suite at a URL, and the lock that names them
"""
