"""Claims on disk, and their merging to contracts."""
