"""Floor 1, the nouns: who is checked, what is listed, what a department does about it. No I/O, no clock, no thread."""
