import Glibc

/// Runs an actor on a thread of its own, so that blocking C calls never sit on the cooperative pool.
///
/// Linux has no `DispatchSerialQueue` executor. A hop to the thread and back costs about 20 µs on a small machine: pay it
/// once per batch. The thread ends when the executor is released.
///
///     actor Store {
///         nonisolated let executor = ThreadExecutor(name: "store")
///         nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
///     }
///
/// A task that prefers the executor (`withTaskExecutorPreference`) runs on the thread as well, and calls such an actor without
/// a hop. It must leave the thread to others by suspending, as the actor does.
public final class ThreadExecutor: SerialExecutor, TaskExecutor {
    private let jobs: JobList

    /// - Parameter name: shown by `top -H` and debuggers; 15 bytes at most are kept.
    public init(name: String) {
        let jobs = JobList()
        self.jobs = jobs
        DetachedThread.start(name: name) { jobs.drain() }
    }

    deinit {
        jobs.close()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(
            JobList.Entry(
                job: UnownedJob(job), actors: asUnownedSerialExecutor(), tasks: asUnownedTaskExecutor()))
    }
}

/// The jobs that wait for the thread.
///
/// `@unchecked Sendable`: every access to `waiting` and `isClosed` happens between lock and unlock of `mutex`.
private final class JobList: @unchecked Sendable {
    struct Entry {
        var job: UnownedJob
        var actors: UnownedSerialExecutor
        var tasks: UnownedTaskExecutor

        /// A job of a task that prefers the thread belongs to no actor, but alone on the thread it may call as if it did.
        func run() { job.runSynchronously(isolatedTo: actors, taskExecutor: tasks) }
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Entry] = []
    private var isClosed = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func append(_ entry: Entry) {
        pthread_mutex_lock(mutex)
        waiting.append(entry)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    /// Runs jobs in order until the list is closed and empty.
    func drain() {
        while true {
            pthread_mutex_lock(mutex)
            while waiting.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
            let jobs = waiting
            waiting.removeAll(keepingCapacity: true)
            pthread_mutex_unlock(mutex)
            if jobs.isEmpty { return }
            for job in jobs { job.run() }
        }
    }
}
