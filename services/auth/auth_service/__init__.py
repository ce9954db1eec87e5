"""The platform's authentication service: Sign-In with Ethereum in, personal access tokens and JWTs out."""
