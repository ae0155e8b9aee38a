"""The child that decodes: it alone loads engines; it holds no keys, reads no tables and reaches no stores (law 9)."""
