# Waits for the database, gives its superuser the password from the Secret, then runs init.sql.
set -eu
# A connection or a statement that hangs would hold up the sync for the Job's whole time: it ends, and the Job tries again.
limits="keepalives_idle=5 keepalives_interval=2 keepalives_count=3 tcp_user_timeout=10000"
export PGOPTIONS="-c statement_timeout=120s"
ask() { "$PSQL" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname "dbname=postgres $limits" "$@"; }
echo "waiting for $PGHOST:$PGPORT"
until ask --command "select" >/dev/null 2>&1; do
  # YugabyteDB begins with a password that everyone knows. The new one goes by the environment: arguments can be seen.
  printf '%s\n' '\set password `printenv NEW_PASSWORD`' "ALTER ROLE yugabyte PASSWORD :'password';" \
    | NEW_PASSWORD=$PGPASSWORD PGPASSWORD=yugabyte ask >/dev/null 2>&1 || sleep 1
done
ask --file /init/init.sql
echo "role, database and schemas are there"
