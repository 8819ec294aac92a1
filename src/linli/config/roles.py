"""The roles of the platform: which abilities, over which rows."""
