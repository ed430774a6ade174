"""What happens to objects around a fork."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import os
from credit_sdk.ports.forks import pause_while_forking, renew_in_children

class Thing:
    def before_fork(self): print("down", end=" ", flush=True)
    def after_fork(self): os.wait(); print("up", end=" ", flush=True)
    def begin_anew(self): print("anew", end=" ", flush=True)

held, dropped = Thing(), Thing()
for thing in (held, dropped):
    renew_in_children(thing)
    pause_while_forking(thing)
del dropped, thing
if os.fork() == 0:
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
def test_things_are_put_down_and_taken_up() -> None:
    root = Path(__file__).parents[3]
    told = subprocess.run([sys.executable, "-c", _PROGRAM], cwd=root, capture_output=True, check=True, timeout=30)
    assert told.stdout.split() == [b"down", b"anew", b"up"]
