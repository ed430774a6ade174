"""Floor 2½: how the nouns are read and written. pydantic stands here, at the border, and nowhere below."""
