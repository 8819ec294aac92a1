"""The demo city: a made-up city with real-looking structure, and a year of its work."""
