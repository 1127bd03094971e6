"""Run the broker's container alone, in the foreground: `python -m`, or its command.

Used where a machine has a Docker engine and no RabbitMQ of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from devstack.broker.configuration import LOOPBACK, definitions, password_hash
