"""What a check costs, beside what users would use instead: ``uv run poe bench``."""
