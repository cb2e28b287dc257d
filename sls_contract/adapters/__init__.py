"""Requests, httpx and vcrpy as their users know them: ``adapters.requests``, ``adapters.httpx``, ``adapters.vcrpy``.

Each module imports its library, and nothing else of this package imports these modules.
"""
