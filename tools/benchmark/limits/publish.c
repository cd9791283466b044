/* A bare publisher: two frames per message, sent with zmq_send to whoever has subscribed.
 *
 *     publish --port P --bytes B --rate R --seconds S     prints how long a send takes, in microseconds
 *     publish --port P --bytes B --messages N             prints messages a second, flat out, none dropped
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

static const char topic[] = "telemetry.text";

static long option(int count, char **arguments, const char *name) {
    for (int index = 1; index + 1 < count; index++)
        if (strcmp(arguments[index], name) == 0) return atol(arguments[index + 1]);
    return 0;
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int compare(const void *a, const void *b) {
    long first = *(const long *)a, second = *(const long *)b;
    return (first > second) - (first < second);
}

static int send_message(void *socket, const char *body, size_t bytes) {
    while (zmq_send(socket, topic, sizeof topic - 1, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        if (errno != EAGAIN) return -1;
        zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLOUT};
        zmq_poll(&item, 1, 1);
    }
    return zmq_send(socket, body, bytes, 0);
}

int main(int count, char **arguments) {
    long port = option(count, arguments, "--port"), bytes = option(count, arguments, "--bytes");
    long rate = option(count, arguments, "--rate"), seconds = option(count, arguments, "--seconds");
    long messages = option(count, arguments, "--messages");
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_XPUB);
    int on = 1;
    zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &on, sizeof on);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%ld", port);
    if (zmq_bind(socket, address) != 0) {
        fprintf(stderr, "publish: %s: %s\n", address, zmq_strerror(errno));
        return 1;
    }
    char subscription[16];
    if (zmq_recv(socket, subscription, sizeof subscription, 0) < 0) return 1;

    char *body = malloc(bytes);
    memset(body, 'x', bytes);
    if (messages > 0) {
        long begin = now();
        for (long index = 0; index < messages; index++)
            if (send_message(socket, body, bytes) < 0) return 1;
        printf("{\"messages_per_second\": %.0f, \"sent\": %ld}\n", messages / ((now() - begin) / 1e9),
               messages);
    } else {
        long total = rate * seconds, *took = malloc(total * sizeof *took), next = now();
        for (long index = 0; index < total; index++) {
            next += 1000000000L / rate;
            struct timespec until = {.tv_sec = next / 1000000000L, .tv_nsec = next % 1000000000L};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
            long begin = now();
            if (send_message(socket, body, bytes) < 0) return 1;
            took[index] = now() - begin;
        }
        qsort(took, total, sizeof *took, compare);
        printf("{\"p50_us\": %.3f, \"p99_us\": %.3f}\n", took[total / 2] / 1e3, took[total * 99 / 100] / 1e3);
        free(took);
    }
    free(body);
    int linger = 5000;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
