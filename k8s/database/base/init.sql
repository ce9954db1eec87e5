-- Role, database and schemas of the services, as often as it is run; the tables are the services' own.
\set user `printenv POSTGRES_USER`
\set password `printenv POSTGRES_PASSWORD`
SELECT format('CREATE ROLE %I LOGIN', :'user') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
ALTER ROLE :"user" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SELECT format('CREATE DATABASE alternatefutures OWNER %I', :'user')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'alternatefutures') \gexec
REVOKE ALL ON DATABASE alternatefutures FROM PUBLIC;
\connect alternatefutures
CREATE SCHEMA IF NOT EXISTS auth AUTHORIZATION :"user";
CREATE SCHEMA IF NOT EXISTS backend AUTHORIZATION :"user";
