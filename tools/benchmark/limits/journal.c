/* The journal's rows in C: the schema of the file given, so many rows per commit at synchronous=FULL, and nothing else.
 *
 *     journal --file F --schema SQL --rows N --batch K --bytes B              prints rows a second
 *     journal --file F --schema SQL --rows N --batch K --bytes B --rate R     prints how long rows wait for their commit at R rows a second
 */
#include "results.h"

int main(int count, char **arguments) {
    long rows = number(count, arguments, "--rows"), batch = number(count, arguments, "--batch");
    long bytes = number(count, arguments, "--bytes"), rate = number(count, arguments, "--rate");
    struct results results = open_results(required(count, arguments, "--file"), required(count, arguments, "--schema"));
    char *text = malloc(bytes);
    memset(text, 'x', bytes);
    long *took = malloc((rows / batch + 1) * sizeof *took), commits = 0;
    long begin = now(), next = begin;
    while (results.rows < rows) {
        long start = now();
        if (rate > 0) {
            sleep_until(next += 1000000000L * batch / rate);
            /* From when the rows were there: a late commit makes the next ones wait. */
            start = next;
        }
        execute(results.database, "BEGIN IMMEDIATE");
        for (long index = 0; index < batch && results.rows < rows; index++) {
            char task[48];
            snprintf(task, sizeof task, "018f2c50-0000-7000-8000-%012ld", results.rows + 1);
            insert_result(&results, task, text, bytes);
        }
        execute(results.database, "COMMIT");
        took[commits++] = now() - start;
    }
    printf("{\"rows_per_second\": %.0f, ", rows / ((now() - begin) / 1e9));
    print_percentiles(took, commits);
    printf("}\n");
    close_results(&results);
    free(took);
    free(text);
    return 0;
}
