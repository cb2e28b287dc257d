"""The state of the service, and a `Send` that answers from it."""
