/* Metric samples as rows of SQLite in the order of their arrival, one commit per round at synchronous=NORMAL, and nothing else.
 *
 *     samples --file DB --series N --rounds M     prints how long a round takes, and what it takes up
 *     samples --file DB --csv OUT                 writes all rows as CSV; prints samples a second
 *     samples --file DB --openmetrics OUT         the same in Prometheus' form
 */
#include "sqlite.h"

#include <sys/stat.h>

enum { kinds = 3 };

static long file_bytes(const char *path) {
    struct stat state;
    return stat(path, &state) == 0 ? state.st_size : 0;
}

static void sample(sqlite3 *database, const char *path, long series, long rounds) {
    execute(
        database,
        "PRAGMA synchronous = NORMAL; CREATE TABLE sample (at INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL)");
    sqlite3_stmt *insert = prepare(database, "INSERT INTO sample (at, series, value) VALUES (?, ?, ?)");
    double *values = calloc(series, sizeof *values);
    long *took = malloc(rounds * sizeof *took), total = 0;
    unsigned long random = 42;
    for (long round = 0; round < rounds; round++) {
        /* A third each of counters, small integers and arbitrary bits. */
        for (long index = 0; index < series; index++) {
            random = random * 6364136223846793005UL + 1442695040888963407UL;
            long step = random >> 58;
            values[index] = index % kinds == 0 ? values[index] + step : index % kinds == 1 ? step : (random >> 11) * 0x1p-53;
        }
        long begin = now();
        execute(database, "BEGIN IMMEDIATE");
        for (long index = 0; index < series; index++) {
            sqlite3_bind_int64(insert, 1, 1763035200000 + 5000 * round);
            sqlite3_bind_int64(insert, 2, index);
            sqlite3_bind_double(insert, 3, values[index]);
            run(database, insert);
        }
        execute(database, "COMMIT");
        total += took[round] = now() - begin;
    }
    execute(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    printf(
        "{\"samples\": %ld, \"mean_ms\": %.4f, \"bytes_per_round\": %.0f, ", series * rounds, total / 1e6 / rounds,
        (double)file_bytes(path) / rounds);
    print_percentiles(took, rounds);
    printf("}\n");
    sqlite3_finalize(insert);
    free(values);
    free(took);
}

static void export(sqlite3 *database, const char *out, int is_csv) {
    FILE *file = fopen(out, "w");
    if (!file) fail(out, "cannot be written");
    long begin = now(), samples = 0;
    sqlite3_stmt *rows = prepare(database, "SELECT at, series, value FROM sample ORDER BY rowid");
    while (sqlite3_step(rows) == SQLITE_ROW) {
        long at = sqlite3_column_int64(rows, 0), series = sqlite3_column_int64(rows, 1);
        double value = sqlite3_column_double(rows, 2);
        if (is_csv) {
            time_t seconds = at / 1000;
            struct tm parts;
            char day[32];
            gmtime_r(&seconds, &parts);
            strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
            fprintf(file, "%s.%03ldZ,bench_level,\"{\"\"place\"\":\"\"p%ld\"\"}\",%.17g\n", day, at % 1000, series, value);
        } else {
            fprintf(file, "bench_level{place=\"p%ld\"} %.17g %ld.%03ld\n", series, value, at / 1000, at % 1000);
        }
        samples++;
    }
    check(database, sqlite3_reset(rows));
    sqlite3_finalize(rows);
    if (fclose(file) != 0) fail(out, "was not written");
    printf("{\"samples_per_second\": %.0f}\n", samples / ((now() - begin) / 1e9));
}

int main(int count, char **arguments) {
    const char *path = required(count, arguments, "--file");
    const char *csv = option(count, arguments, "--csv"), *openmetrics = option(count, arguments, "--openmetrics");
    sqlite3 *database = open_database(path, NULL);
    if (csv || openmetrics)
        export(database, csv ? csv : openmetrics, csv != NULL);
    else
        sample(database, path, number(count, arguments, "--series"), number(count, arguments, "--rounds"));
    sqlite3_close(database);
    return 0;
}
