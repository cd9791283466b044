"""A task that does nothing. `python3 celery_task.py N` puts N of them in; `celery -A celery_task worker` runs them."""
import os
import sys

from celery import Celery

app = Celery("celery_task", broker="redis+socket://" + os.environ["PEER_REDIS"])
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@app.task
def nothing(text):
    pass


if __name__ == "__main__":
    with app.producer_or_acquire() as producer:
        for _ in range(int(sys.argv[1])):
            nothing.apply_async(("jedź do kuchni",), producer=producer)
