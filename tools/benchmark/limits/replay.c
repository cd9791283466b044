/* A journal's results read in order and published: two frames per message, as they are in the file.
 *
 *     replay --file DB --port P        prints messages a second, none dropped
 */
#include "sqlite.h"
#include "telemetry.h"

int main(int count, char **arguments) {
    sqlite3 *database = open_database(required(count, arguments, "--file"), NULL);
    struct telemetry telemetry = open_telemetry(required(count, arguments, "--port"));
    sqlite3_stmt *rows = prepare(
        database,
        "SELECT r.seq, r.recorded_at, r.topic, r.tseq, b.bytes FROM result AS r JOIN body AS b ON b.seq = r.seq "
        "ORDER BY r.seq");
    long messages = 0, begin = now();
    while (sqlite3_step(rows) == SQLITE_ROW) {
        publish(&telemetry, sqlite3_column_blob(rows, 4), sqlite3_column_bytes(rows, 4));
        messages++;
    }
    check(database, sqlite3_reset(rows));
    printf("{\"messages_per_second\": %.0f, \"sent\": %ld}\n", messages / ((now() - begin) / 1e9), messages);
    sqlite3_finalize(rows);
    sqlite3_close(database);
    close_telemetry(&telemetry);
    return 0;
}
