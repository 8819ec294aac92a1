"""Linli 邻里: the unified platform for grassroots governance of a city.

Rooms, and the one direction of imports: ``config > faces > domains > kernel > web > lib``.
"""

__version__ = "0.1.0"
