/* What a program that answers frames cannot save: takes each frame from the robot's broker and sends a short message back to it.
 *
 *     relay --subscribe P --publish P      until SIGTERM; ports of the broker
 */
#include "common.h"

#include <errno.h>
#include <zmq.h>

int main(int count, char **arguments) {
    void *context = zmq_ctx_new(), *frames = zmq_socket(context, ZMQ_SUB), *answers = zmq_socket(context, ZMQ_PUB);
    char address[64];
    zmq_setsockopt(frames, ZMQ_SUBSCRIBE, "vision.frame.offload", 20);
    snprintf(address, sizeof address, "tcp://127.0.0.1:%s", required(count, arguments, "--subscribe"));
    if (zmq_connect(frames, address) != 0) fail(address, zmq_strerror(errno));
    snprintf(address, sizeof address, "tcp://127.0.0.1:%s", required(count, arguments, "--publish"));
    if (zmq_connect(answers, address) != 0) fail(address, zmq_strerror(errno));
    static char frame[1 << 20], answer[600];
    for (;;) {
        if (zmq_recv(frames, frame, sizeof frame, 0) < 0) fail("frames", zmq_strerror(errno));
        int bytes = zmq_recv(frames, frame, sizeof frame - 1, 0);
        if (bytes < 0 || bytes >= (int)sizeof frame) fail("frames", "one is too large");
        frame[bytes] = 0;
        const char *id = strstr(frame, "\"frame_id\": \"");
        if (!id) continue;
        memset(answer, ' ', sizeof answer);
        answer[snprintf(answer, sizeof answer, "{\"task_id\": \"%.*s\"}", (int)strcspn(id + 13, "\""), id + 13)] = ' ';
        zmq_send(answers, "bench.relay", 11, ZMQ_SNDMORE);
        zmq_send(answers, answer, sizeof answer, 0);
    }
}
