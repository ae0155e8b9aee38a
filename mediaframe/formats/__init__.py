"""How results are written: declarations, one module for each kind."""
