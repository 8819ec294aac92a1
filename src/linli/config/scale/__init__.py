"""Growing past one machine: the same schema on Citus, spread by district.

``placement`` declares which table goes where; ``schema`` reads what the database really has; ``check`` names
what would stand in the way; ``distribute`` carries it out on a database that has Citus. On plain PostgreSQL
nothing here changes anything (docs/decisions/0013-spread-by-district.md).
"""
