"""A job that does nothing. `python3 rq_job.py N` puts N of them in; `rq worker` runs them."""
import os
import sys


def nothing(text):
    pass


if __name__ == "__main__":
    from redis import Redis
    from rq import Queue

    import rq_job

    queue = Queue(connection=Redis(unix_socket_path=os.environ["PEER_REDIS"]))
    for _ in range(int(sys.argv[1])):
        queue.enqueue(rq_job.nothing, "jedź do kuchni", result_ttl=0)
