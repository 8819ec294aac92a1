"""Units that can be responsible, accounts that sign in, and posts through which people act."""
