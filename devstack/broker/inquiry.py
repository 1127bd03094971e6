"""What a node of a private cluster knows of the others, asked as Erlang asks it.

`rabbitmqctl` starts a virtual machine of its own, for seconds on a busy machine;
`erl_call`, which comes with Erlang, is a small C program.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from devstack.broker.configuration import LOOPBACK, BrokerPlan
from devstack.broker.mapper import ERLANG_FOLDERS, BrokerMissing, find

DEADLINE = 10.0
_RUNNING = "rabbit_mnesia:cluster_nodes(running)."
#: A line for each queue: its name, its leader, those that have a copy, and those whose
#: copy is at work.
_MEMBERS = """
Names = fun(Nodes) -> lists:join($,, [atom_to_list(Node) || Node <- Nodes]) end,
Line = fun(Queue) ->
    Of = rabbit_amqqueue:info(Queue, [name, leader, members, online]),
    Get = fun(Key) -> proplists:get_value(Key, Of) end,
    {resource, _, queue, Name} = Get(name),
    [Name, $ , atom_to_list(Get(leader)), $ , Names(Get(members)), $ ,
     Names(Get(online)), $;]
end,
unicode:characters_to_list([Line(Queue) || Queue <- rabbit_amqqueue:list(),
    amqqueue:get_type(Queue) =/= rabbit_classic_queue]).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Who has a copy of a queue or stream, by the nodes' names."""

    leader: str
    members: frozenset[str]
    online: frozenset[str]

    def is_whole(self, size: int) -> bool:
        """Tell whether it has a leader, and `size` copies that are all at work."""
        return self.leader in self.online and len(self.online) == size


def running_nodes(plan: BrokerPlan) -> set[str]:
    """Return the names of the nodes that this one sees at work, itself among them."""
    return set(re.findall(r"[\w.-]+@[\w.-]+", evaluate(plan, _RUNNING) or ""))


def members_of_queues(plan: BrokerPlan) -> Mapping[str, Members] | None:
    """Return who has a copy of each queue, None where the node does not answer."""
    answer = evaluate(plan, _MEMBERS)
    return None if answer is None else parsed_members(answer)


def parsed_members(answer: str) -> Mapping[str, Members]:
    """Return what the node's lines say, by queue; Erlang writes no lines as `[]`."""
    return dict(_parsed(line) for line in answer.strip('"[]').split(";") if line)


def evaluate(plan: BrokerPlan, expressions: str) -> str | None:
    """Have the node evaluate Erlang, and return what came of it as Erlang writes it.

    None where it does not answer, or answers with an error. Raises BrokerMissing.
    """
    program = find("erl_call", ERLANG_FOLDERS)
    if program is None or plan.cluster is None:
        raise BrokerMissing("erl_call is not installed, or there is no cluster")
    try:
        done = subprocess.run(
            [program, "-c", plan.cluster.cookie, "-n", plan.node, "-e"],
            input=expressions.strip() + "\n",
            env={"ERL_EPMD_PORT": str(plan.epmd_port), "ERL_EPMD_ADDRESS": LOOPBACK},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    head, _, value = done.stdout.partition(", ")
    return value.strip().removesuffix("}") if head == "{ok" else None


def _parsed(line: str) -> tuple[str, Members]:
    name, leader, members, online = line.split(" ")
    return name, Members(
        leader=leader,
        members=frozenset(filter(None, members.split(","))),
        online=frozenset(filter(None, online.split(","))),
    )
