/* A publisher of telemetry that drops nothing, with one listener. */
#pragma once

#include "common.h"

#include <errno.h>
#include <zmq.h>

struct telemetry {
    void *context, *socket;
};

/* Messages that nobody has subscribed to go nowhere. */
static inline struct telemetry bind_telemetry(const char *port) {
    struct telemetry telemetry = {.context = zmq_ctx_new()};
    telemetry.socket = zmq_socket(telemetry.context, ZMQ_XPUB);
    int on = 1, linger = 5000;
    zmq_setsockopt(telemetry.socket, ZMQ_XPUB_NODROP, &on, sizeof on);
    zmq_setsockopt(telemetry.socket, ZMQ_LINGER, &linger, sizeof linger);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%s", port);
    if (zmq_bind(telemetry.socket, address) != 0) fail(address, zmq_strerror(zmq_errno()));
    return telemetry;
}

/* Returns once a listener has subscribed. */
static inline struct telemetry open_telemetry(const char *port) {
    struct telemetry telemetry = bind_telemetry(port);
    char subscription[64];
    if (zmq_recv(telemetry.socket, subscription, sizeof subscription, 0) < 0) fail(port, "nobody subscribed");
    return telemetry;
}

static inline void publish(struct telemetry *telemetry, const char *body, size_t bytes) {
    static const char topic[] = "telemetry.text";
    while (zmq_send(telemetry->socket, topic, sizeof topic - 1, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        if (errno != EAGAIN) fail("publish", zmq_strerror(zmq_errno()));
        zmq_pollitem_t item = {.socket = telemetry->socket, .events = ZMQ_POLLOUT};
        zmq_poll(&item, 1, 1);
    }
    if (zmq_send(telemetry->socket, body, bytes, 0) < 0) fail("publish", zmq_strerror(zmq_errno()));
}

/* Waits until everything is sent. */
static inline void close_telemetry(struct telemetry *telemetry) {
    zmq_close(telemetry->socket);
    zmq_ctx_term(telemetry->context);
}
