# The broker's health: its listeners are open, and exchange, queues and bindings are there.
#
# They are loaded here, into a node that runs. A node that loads them at its start ends
# where the stream that is bound is not up yet, which is so at almost every start but the
# first, and after some of those for ever.
#
# In a cluster the first node loads them, once all are in: a queue has members where there
# are nodes when it is made. What has fewer, since it was made before or a node has lost its
# volume, gets one on each node when that starts.
set -e
rabbitmq-diagnostics -q check_port_connectivity
if [ -e /tmp/topology-is-there ]; then
    exit 0
fi
nodes="${CLUSTER_NODES:-1}"
if ! rabbitmqctl -q list_queues name | grep -qx changes.log; then
    rabbitmqctl -q await_online_nodes "$nodes" -t 10
fi
if [ "$nodes" = 1 ] || [ "$HOSTNAME" = rabbitmq ]; then
    rabbitmqctl -q import_definitions /run/secrets/rabbitmq_topology
fi
if [ "$nodes" != 1 ]; then
    rabbitmqctl -q list_queues name | grep -qx changes.log
    rabbitmq-queues -q grow "rabbit@$HOSTNAME" all --errors-only
    if ! rabbitmqctl -q list_queues name members |
        grep '^changes\.log[[:space:]]' | grep -q "rabbit@$HOSTNAME[],]"; then
        rabbitmq-streams -q add_replica changes.log "rabbit@$HOSTNAME"
    fi
fi
touch /tmp/topology-is-there
