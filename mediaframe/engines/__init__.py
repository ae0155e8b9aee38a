"""Who does it: the only place where media libraries live. Engines do not know one another."""
