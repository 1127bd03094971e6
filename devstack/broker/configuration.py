"""What a private RabbitMQ is told: its files and its environment, as text."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from shared.passwords import password_hash

NODE = "melotech@localhost"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlan:
    """What the nodes of a cluster have in common: their names, and a secret."""

    nodes: tuple[str, ...]
    cookie: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlan:
    """Where a private broker lives, on which ports, and who may enter."""

    folder: Path
    amqp_port: int
    distribution_port: int
    epmd_port: int
    user: str
    password: str
    vhosts: tuple[str, ...] = ("/",)
    #: Definitions of others, that it loads beside the one user.
    also: Mapping[str, list[dict[str, object]]] = field(default_factory=dict)
    #: Where it tells Prometheus how it is, None for nowhere.
    metrics_port: int | None = None
    #: What its Erlang node is called.
    node: str = NODE
    #: The cluster that it is one of, None where it is alone.
    cluster: ClusterPlan | None = None

    def url(self, vhost: str = "/") -> str:
        """Return the AMQP address of a virtual host, credentials included."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"amqp://{login}@{LOOPBACK}:{self.amqp_port}/{quote(vhost, safe='')}"


def write_files(plan: BrokerPlan) -> None:
    """Write what the node reads at its boot; the data of earlier runs stays."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    plan.folder.chmod(0o700)
    # No file of the machine's own RabbitMQ may be read in place of ours.
    (plan.folder / "rabbitmq-env.conf").write_text("")
    plugins = "rabbitmq_prometheus" if plan.metrics_port else ""
    (plan.folder / "enabled_plugins").write_text(f"[{plugins}].\n")
    (plan.folder / "rabbitmq.conf").write_text(_settings(plan))
    if plan.cluster:
        _write_what_nodes_need(plan.folder, plan.cluster.cookie)
    users = definitions(plan.user, password_hash(plan.password), plan.vhosts)
    for kind, entries in plan.also.items():
        users[kind] = [*users.get(kind, []), *entries]
    (plan.folder / "definitions.json").write_text(json.dumps(users, indent=1))


def _write_what_nodes_need(folder: Path, cookie: str) -> None:
    file = folder / ".erlang.cookie"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(cookie)
    file.chmod(0o400)  # Erlang refuses one that others may read
    # The copies of a stream find each other by the host's name, whatever the node's is.
    names = json.dumps(["localhost", socket.gethostname()])
    (folder / "inetrc").write_text(
        f"{{lookup, [file]}}.\n{{host, {{127,0,0,1}}, {names}}}.\n"
    )


def environment(plan: BrokerPlan, *, path: str) -> dict[str, str]:
    """Return the node's whole environment; `path` is where its programs are sought."""
    folder = plan.folder
    arguments = [
        "-noinput",
        "+B i",  # Ctrl-C is for our own process: it stops the node in order
        "-kernel inet_dist_use_interface {127,0,0,1}",
    ]
    if plan.cluster:
        # The copies of a stream listen at every address: here, none from outside.
        device = "{bind_to_device,<<108,111>>}"  # "lo"
        arguments.append(f"-kernel inet_default_listen_options [{device}]")
    inetrc = {"ERL_INETRC": str(folder / "inetrc")} if plan.cluster else {}
    return inetrc | {
        "PATH": path,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ERL_CRASH_DUMP_BYTES": "0",
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(plan.epmd_port),
        # With this the start script becomes the node instead of its parent, so that
        # a signal to the process reaches the node.
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_DIST_PORT": str(plan.distribution_port),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_LOG": "-color",
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_NODENAME": plan.node,
        "RABBITMQ_NODE_PORT": str(plan.amqp_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": " ".join(arguments),
    }


def definitions(
    user: str, hashed: str, vhosts: Sequence[str]
) -> dict[str, list[dict[str, object]]]:
    """Return the one user and its virtual hosts, as RabbitMQ loads them at a boot."""
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [
            {
                "name": user,
                "password_hash": hashed,
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "administrator",
            }
        ],
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "permissions": [
            {"user": user, "vhost": vhost, **everything} for vhost in vhosts
        ],
    }


def _settings(plan: BrokerPlan) -> str:
    lines = {
        "listeners.tcp.1": f"{LOOPBACK}:{plan.amqp_port}",
        # Read at each boot, so a changed password holds on old data too.
        "load_definitions": plan.folder / "definitions.json",
        "log.console": "true",
        "log.console.level": "info",
        "log.file": "false",
        # Two lines for each connection tell nothing that the services do not log.
        "log.connection.level": "warning",
        "vm_memory_high_watermark.absolute": "512MiB",
        "disk_free_limit.absolute": "50MB",
        "raft.wal_max_size_bytes": 64 * 1024 * 1024,
    }
    if plan.metrics_port:
        lines |= {"prometheus.tcp.ip": LOOPBACK}
        lines |= {"prometheus.tcp.port": str(plan.metrics_port)}
    if plan.cluster:
        lines |= _of_a_cluster(plan.cluster.nodes)
    return "".join(f"{key} = {value}\n" for key, value in lines.items())


def _of_a_cluster(nodes: Sequence[str]) -> dict[str, object]:
    listed = {
        f"cluster_formation.classic_config.nodes.{number}": node
        for number, node in enumerate(nodes, start=1)
    }
    return {
        "cluster_formation.peer_discovery_backend": "classic_config",
        **listed,
        # A node that sees fewer than half of the others stops serving until it does.
        "cluster_partition_handling": "pause_minority",
    }
