# A node of the cluster begins: it has the cookie that all share, and a new one waits for
# the first, so that two new ones never make a cluster of their own without its data.
set -eu
cookie=/var/lib/rabbitmq/.erlang.cookie
rm -f "$cookie"
(umask 377 && cat /run/secrets/rabbitmq_cookie > "$cookie")
first=rabbitmq
if [ "$HOSTNAME" != "$first" ] && [ ! -d "/var/lib/rabbitmq/mnesia/rabbit@$HOSTNAME" ]; then
    tries=60
    until rabbitmq-diagnostics -q -n "rabbit@$first" check_running >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { echo "rabbit@$first does not run" >&2; exit 1; }
        sleep 2
    done
fi
exec docker-entrypoint.sh rabbitmq-server
