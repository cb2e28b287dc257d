"""Adapters for users of requests, httpx and vcrpy: ``adapters.requests``, ``adapters.httpx``, ``adapters.vcrpy``.

Each module imports its library, and nothing else of this package imports these modules.
"""
