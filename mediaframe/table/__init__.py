"""Rows: what a table of assets holds, and where its rows come from."""
