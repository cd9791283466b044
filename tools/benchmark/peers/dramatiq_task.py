"""An actor that does nothing. `python3 dramatiq_task.py N` puts N messages in; `dramatiq dramatiq_task` runs them."""
import os
import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker

dramatiq.set_broker(RedisBroker(url="unix://" + os.environ["PEER_REDIS"]))


@dramatiq.actor
def nothing(text):
    pass


if __name__ == "__main__":
    import dramatiq_task

    for _ in range(int(sys.argv[1])):
        dramatiq_task.nothing.send("jedź do kuchni")
