"""The platform's backend: GraphQL on the database, protected by what the authentication service says."""
