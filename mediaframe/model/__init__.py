"""Words: the values that say what shall be done. Standard library only."""
