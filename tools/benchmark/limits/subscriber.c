/* Subscribes to everything at an address and counts what comes, until SIGTERM; then prints the count.
 *
 *     subscriber tcp://127.0.0.1:5557
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <zmq.h>

static volatile sig_atomic_t stopped;

static void stop(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_SUB);
    int unlimited = 0, patience_ms = 100, none = 0;
    zmq_setsockopt(socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    if (zmq_connect(socket, arguments[1]) != 0) {
        fprintf(stderr, "subscriber: %s: %s\n", arguments[1], zmq_strerror(errno));
        return 1;
    }
    long messages = 0;
    zmq_msg_t part;
    zmq_msg_init(&part);
    for (;;) {
        if (zmq_msg_recv(&part, socket, 0) >= 0) {
            if (!zmq_msg_more(&part)) messages++;
        } else if (stopped) {
            break;
        }
    }
    zmq_msg_close(&part);
    printf("%ld\n", messages);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
