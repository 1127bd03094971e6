# The broker's health: its listeners are open, and exchange, queues and bindings are there.
#
# They are loaded here, into a node that runs. A node that loads them at its start ends
# where the stream that is bound is not up yet, which is so at almost every start but the
# first, and after some of those for ever.
set -e
rabbitmq-diagnostics -q check_port_connectivity
if [ ! -e /tmp/topology-is-there ]; then
    rabbitmqctl -q import_definitions /run/secrets/rabbitmq_topology
    touch /tmp/topology-is-there
fi
