"""The state of the service, and a `Send` that responds from it."""
