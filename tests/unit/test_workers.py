"""The workers before there is anything to work on."""

from __future__ import annotations

import os
import subprocess
import sys


def test_workers_without_a_broker_say_what_is_missing_and_do_not_start() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "FHIRSVC_BROKER_URL"}
    begun = subprocess.run(
        [sys.executable, "-c", "import workers.app"], env=environment, capture_output=True, text=True, check=False
    )
    assert begun.returncode == 3
    assert begun.stderr == "FHIRSVC_BROKER_URL is not set: name the Redis that wakes the workers.\n"
