"""Programs that stand in for those that docs/operations.md types against a cluster or AWS; each notes its calls."""

PASSWORD = "a-password-of-the-superuser"
DUMP = "/home/yugabyte/postgres/bin/ysql_dump"
CLIENT = "/home/yugabyte/bin/ysqlsh"

# `exec` runs here what it would run in the pod.
KUBECTL = f"""#!/bin/sh
case "$*" in
*"get secret database-admin"*) printf {PASSWORD} ;;
*"get nodes"*) echo node/control-plane-1-i-0abc ;;
exec*) while [ "$1" != -- ]; do shift; done; shift; exec "$@" ;;
esac
"""
# S3 is moto's, by the real command line; whatever else is asked has an instance for an answer.
AWS_COMMAND = """#!/bin/sh
echo "aws $*" >>"$CALLS"
case "$*" in
"s3 "*) exec "$AWS_PROGRAM" "$@" ;;
*get-secret-value*) cat "$KUBECONFIG_SOURCE" ;;
*describe-instances*) echo i-0abc ;;
esac
"""
# What a server does is done here: the command is ssh's last word.
SSH = '#!/bin/sh\nfor last; do :; done\necho "ssh $last" >>"$CALLS"\nexec sh -c "$last"\n'
K3S = '#!/bin/sh\necho "k3s $*" >>"$CALLS"\ncase "$*" in *save*) echo "a snapshot" >"$SNAPSHOTS/by-hand-1" ;; esac\n'
DATABASE = f"""#!/bin/sh
[ "$PGPASSWORD" = {PASSWORD} ] || {{ echo "no password" >&2; exit 2; }}
case "$*" in *{PASSWORD}*) exit 3 ;; esac
case "$0" in *ysql_dump) echo "-- a dump" ;; *) cat >"$RESTORED" ;; esac
"""
# A server that rotates its token, and a store that keeps the last one it was given.
ROTATING = """#!/bin/sh
echo "k3s $*" >>"$CALLS"
case "$*" in
"token rotate") [ "$K3S_TOKEN" = old ] && echo "K10::server:$K3S_NEW_TOKEN" >"$SERVER/token" ;;
*status) echo "Current Rotation Stage: reencrypt_finished" ;;
esac
"""
STORE = """#!/bin/sh
echo "aws $*" >>"$CALLS"
case "$*" in
*put-secret-value*some/server-token*) for last; do :; done; cp "${last#file://}" "$SERVER/stored" ;;
*get-secret-value*some/server-token*) cat "$SERVER/stored" ;;
*describe-instances*) echo i-0abc ;;
esac
"""
