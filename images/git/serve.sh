#!/bin/sh
# serve.sh REPOSITORY...: makes the repositories that are missing, then serves them.
# One whose name ends in -polled gets no hook: Argo CD has to find its commits by itself.
set -eu
export WEBHOOK_URL="${WEBHOOK_URL:-}" PUBLIC_URL="${PUBLIC_URL:-}"
for name in "$@"; do
  folder=/srv/git/$name.git
  [ -d "$folder" ] || git init --quiet --bare --initial-branch main "$folder"
  case $name in
  *-polled) rm -f "$folder/hooks/post-receive" ;;
  *) ln -sf /usr/local/bin/post-receive "$folder/hooks/post-receive" ;;
  esac
done
exec lighttpd -D -f /etc/lighttpd/lighttpd.conf
