/// Every metric family of the program, with its help text.
public enum MetricCatalog {
    /// All families, in the order in which `/metrics` prints them.
    public static let all = worker + queue + providers + journal + history + bus + http + registry + process

    /// Families of the worker.
    public static let worker: [MetricDeclaration] = [
        .init(
            "provider_tasks_processed_total", .counter, labels: ["provider", "task_type", "status"],
            help: "Tasks that providers finished, by status (completed, failed)."),
        .init(
            "provider_task_duration_seconds", .histogram, labels: ["provider", "task_type"],
            buckets: MetricBuckets.taskDuration, help: "Time a provider took for one task, failed ones included."),
        .init(
            "task_queue_size", .gauge, labels: ["queue_name", "priority"],
            help: "Tasks waiting in the queue, by priority (1 is the most urgent)."),
        .init(
            "task_queue_tasks", .gauge, labels: ["queue_name", "state"],
            help:
                "Tasks in the queue, by state (waiting, leased, delayed, superseded); together they count to its limit."
        ),
        .init("task_queue_limit", .gauge, labels: ["queue_name"], help: "Tasks the queue may hold."),
        .init(
            "task_queue_dead_letters", .gauge, labels: ["queue_name"],
            help: "Dead letters that are kept for inspection."),
        .init(
            "task_queue_oldest_waiting_seconds", .gauge, labels: ["queue_name"],
            help: "Age of the oldest task that could be claimed now; 0 when none waits."),
        .init(
            "task_queue_wait_seconds", .histogram, labels: ["priority"], buckets: MetricBuckets.wait,
            help: "Time from enqueue to claim."),
    ]

    /// Families of the queue.
    public static let queue: [MetricDeclaration] = [
        .init(
            "task_queue_full_total", .counter, labels: ["queue_name"],
            help: "Tasks refused because the queue held its limit."),
        .init("task_queue_enqueued_total", .counter, labels: ["queue_name"], help: "Tasks put into the queue."),
        .init(
            "task_queue_expired_total", .counter, labels: ["queue_name"],
            help: "Tasks whose time to start ran out while they waited."),
        .init(
            "task_queue_superseded_total", .counter, labels: ["queue_name"],
            help: "Waiting frames that made room for a newer one."),
        .init("task_queue_dead_total", .counter, labels: ["queue_name"], help: "Tasks that became dead letters."),
        .init(
            "task_queue_retried_total", .counter, labels: ["queue_name"],
            help: "Tasks put back for another attempt after one failed."),
        .init(
            "task_queue_reaped_total", .counter, labels: ["queue_name"],
            help: "Tasks taken back from workers whose lease ended."),
        .init(
            "task_queue_dead_dropped_total", .counter, labels: ["queue_name"],
            help: "Dead letters that made room for newer ones."),
    ]

    /// Families of the providers, their breakers, caches and language models.
    public static let providers: [MetricDeclaration] = [
        .init(
            "circuit_breaker_state", .gauge, labels: ["provider", "engine"],
            help:
                "State of an engine's circuit breaker: 0 closed (working), 1 open (refusing), 0.5 half-open (trying)."),
        .init(
            "circuit_breaker_failures_total", .counter, labels: ["provider", "engine"],
            help: "Failures that an engine's circuit breaker saw."),
        .init(
            "circuit_breaker_retry_timestamp_seconds", .gauge, labels: ["provider", "engine"],
            help: "When an open circuit breaker tries its engine again, in Unix seconds; 0 while it is not open."),
        .init(
            "provider_initialized", .gauge, labels: ["provider"],
            help: "1 when the provider can take tasks, 0 when not."),
        .init("cache_hits_total", .counter, labels: ["cache_type"], help: "Answers taken from a cache."),
        .init("cache_misses_total", .counter, labels: ["cache_type"], help: "Look-ups that a cache could not answer."),
        .init(
            "llm_requests_total", .counter, labels: ["provider", "model", "status"],
            help: "Requests to language models, by status."),
        .init(
            "llm_tokens_used_total", .counter, labels: ["provider", "model", "token_type"],
            help: "Tokens that language models read and wrote, by type (prompt, completion)."),
        .init(
            "llm_latency_seconds", .histogram, labels: ["provider", "model"], buckets: MetricBuckets.languageModel,
            help: "Time a language model took for one request."),
        .init(
            "llm_errors_total", .counter, labels: ["provider", "model", "error_type"],
            help: "Requests to language models that failed, by kind of error."),
    ]

    /// Families of the journal.
    public static let journal: [MetricDeclaration] = [
        .init("journal_commits_total", .counter, help: "Group commits of the journal."),
        .init("journal_rows_total", .counter, help: "Rows committed to the journal."),
        .init(
            "journal_commit_seconds", .histogram, buckets: MetricBuckets.commit,
            help: "Time one group commit of the journal took."),
        .init("journal_waiting_rows", .gauge, help: "Rows waiting for the next group commit."),
        .init("journal_bytes", .gauge, help: "Size of the journal's results file in bytes."),
        .init(
            "journal_used_bytes", .gauge,
            help: "Bytes of the results file that hold something; the rest is used again before the file grows."),
        .init("journal_max_bytes", .gauge, help: "Bytes to which the results file may grow."),
        .init(
            "journal_rows_removed_total", .counter, labels: ["reason"],
            help: "Rows removed from the journal, by reason: delivered ones and those that a listener may have missed."),
        .init("journal_commit_failures_total", .counter, help: "Group commits of the journal that failed."),
        .init(
            "journal_delivery_refused_total", .counter,
            help: "Rows whose new delivery state was refused: it would have erased what is known."),
        .init(
            "journal_disk_full", .gauge,
            help: "1 while the disk is full and the journal lives on the room of its oldest results."),
        .init(
            "telemetry_outage", .gauge, labels: ["cause"],
            help: "1 while telemetry does not reach its listeners, by cause."),
        .init(
            "telemetry_outages_total", .counter, labels: ["cause"],
            help: "Outages of telemetry, by cause: no_subscriber, link_down, frozen, process_down."),
    ]

    /// Families of the metric history.
    public static let history: [MetricDeclaration] = [
        .init("metrics_sample_rounds_total", .counter, help: "Rounds in which every metric was sampled and kept."),
        .init(
            "metrics_sample_rounds_lost_total", .counter, labels: ["reason"],
            help: "Rounds that could not be kept, by reason (full, damaged, unavailable)."),
        .init(
            "metrics_sample_seconds", .histogram, buckets: MetricBuckets.commit,
            help: "Time it took to find what changed in a round and to write it."),
        .init(
            "metrics_sample_bytes", .gauge, help: "Size of the metric history in bytes, without free room in its file."),
        .init(
            "metrics_sample_series_skipped_total", .counter,
            help: "Series left out of a round because there were more than metrics.max_series."),
        .init(
            "metrics_sample_files_set_aside_total", .counter,
            help: "Damaged files of metric history that were set aside."),
        .init(
            "metrics_sample_messages_total", .counter, labels: ["outcome"],
            help: "Messages about what changed in a round, by outcome (journaled, held_back, failed)."),
    ]

    /// Families of the publisher and of ingest.
    public static let bus: [MetricDeclaration] = [
        .init(
            "telemetry_messages_total", .counter, labels: ["topic", "outcome"],
            help: "Telemetry messages, by the delivery state they reached."),
        .init(
            "telemetry_unsent_messages", .gauge,
            help: "Telemetry messages that are journaled and have not been sent yet."),
        .init(
            "robot_messages_total", .counter, labels: ["topic", "outcome"],
            help: "Messages for the robot, by outcome (sent, rate_limited, not_pc, stale, link_down, dropped)."),
        .init(
            "ingest_messages_total", .counter, labels: ["topic", "outcome"],
            help: "Messages read from the robot, by outcome: accepted, or why not."),
        .init(
            "link_up", .gauge, labels: ["link"],
            help: "1 when a link (telemetry, robot, ingest) is up, 0 when it is down."),
    ]

    /// Families of the HTTP server.
    public static let http: [MetricDeclaration] = [
        .init(
            "http_requests_total", .counter, labels: ["route", "status"],
            help: "HTTP requests, by route and status code."),
        .init(
            "http_request_duration_seconds", .histogram, labels: ["route"], buckets: MetricBuckets.wait,
            help: "Time from reading a request's head to having its answer."),
    ]

    /// What the registry says about itself.
    public static let registry: [MetricDeclaration] = [
        .init(
            "metrics_dropped_samples_total", .counter, labels: ["reason"],
            help: "Samples without a series of their own: too many series or families, or a name of another kind."),
        .init(
            "metrics_collector_stale_total", .counter, labels: ["collector"],
            help: "Scrapes that showed older values because a collector had not finished in time."),
    ]

    /// Families about the process, named as every Prometheus client names them.
    public static let process: [MetricDeclaration] = [
        .init("process_cpu_seconds_total", .counter, help: "User and system CPU time in seconds."),
        .init("process_resident_memory_bytes", .gauge, help: "Resident memory in bytes."),
        .init("process_virtual_memory_bytes", .gauge, help: "Virtual memory in bytes."),
        .init("process_open_fds", .gauge, help: "Open file descriptors."),
        .init("process_max_fds", .gauge, help: "Most file descriptors that may be open."),
        .init("process_start_time_seconds", .gauge, help: "Start of the process in Unix seconds."),
        .init("process_threads", .gauge, help: "Threads of the process."),
    ]
}
