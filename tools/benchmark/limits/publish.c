/* A bare publisher: two frames per message, sent with zmq_send to whoever has subscribed.
 *
 *     publish --port P --bytes B --rate R --seconds S     prints how long a send takes, in microseconds
 *     publish --port P --bytes B --messages N             prints messages a second, flat out, none dropped
 */
#include "telemetry.h"

int main(int count, char **arguments) {
    long bytes = number(count, arguments, "--bytes"), rate = number(count, arguments, "--rate");
    long messages = number(count, arguments, "--messages");
    struct telemetry telemetry = open_telemetry(required(count, arguments, "--port"));
    char *body = malloc(bytes);
    memset(body, 'x', bytes);
    if (messages > 0) {
        long begin = now();
        for (long index = 0; index < messages; index++) publish(&telemetry, body, bytes);
        printf("{\"messages_per_second\": %.0f, \"sent\": %ld}\n", messages / ((now() - begin) / 1e9), messages);
    } else {
        long total = rate * number(count, arguments, "--seconds"), *took = malloc(total * sizeof *took), next = now();
        for (long index = 0; index < total; index++) {
            sleep_until(next += 1000000000L / rate);
            long begin = now();
            publish(&telemetry, body, bytes);
            took[index] = now() - begin;
        }
        printf("{");
        print_percentiles(took, total);
        printf("}\n");
        free(took);
    }
    free(body);
    close_telemetry(&telemetry);
    return 0;
}
