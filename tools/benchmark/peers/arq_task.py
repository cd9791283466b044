"""A job that does nothing. `python3 arq_task.py N` puts N of them in; `arq arq_task.WorkerSettings` runs them."""
import asyncio
import os
import sys

import arq
from arq.connections import RedisSettings


async def nothing(context, text):
    pass


class WorkerSettings:
    functions = [nothing]
    redis_settings = RedisSettings(unix_socket_path=os.environ["PEER_REDIS"])
    keep_result = 0
    # Out of the box it starts ten every half second.
    max_jobs = 100
    poll_delay = 0.01


async def put(count):
    pool = await arq.create_pool(WorkerSettings.redis_settings)
    for _ in range(count):
        await pool.enqueue_job("nothing", "jedź do kuchni")


if __name__ == "__main__":
    asyncio.run(put(int(sys.argv[1])))
