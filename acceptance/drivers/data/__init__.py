"""The database, the cache, and the volumes that hold their data.

Covers logins, settings, durability, transactions, the loss of a member, the cache's limits, volume claims.
Backups belong in operations/, what services store in the database in api/.
"""
