# Waits for the database, gives its superuser the password from the Secret, then runs init.sql.
set -eu
ask() { "$PSQL" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres "$@"; }
echo "waiting for $PGHOST:$PGPORT"
until ask --command "select" >/dev/null 2>&1; do
  # YugabyteDB begins with a password that everyone knows. The new one goes by the environment: arguments can be seen.
  printf '%s\n' '\set password `printenv NEW_PASSWORD`' "ALTER ROLE yugabyte PASSWORD :'password';" \
    | NEW_PASSWORD=$PGPASSWORD PGPASSWORD=yugabyte ask >/dev/null 2>&1 || sleep 1
done
ask --file /init/init.sql
echo "role, database and schemas are there"
