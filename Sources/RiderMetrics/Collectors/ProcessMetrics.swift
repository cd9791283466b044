import CoreMetrics

/// The `process_*` metrics, read from `/proc/self`. A reading takes some ten microseconds, so it happens within the scrape.
struct ProcessMetrics: Sendable {
    private let cpuSeconds: Meter
    private let residentBytes: Meter
    private let virtualBytes: Meter
    private let openDescriptors: Meter
    private let maxDescriptors: Meter
    private let startTime: Meter
    private let threads: Meter

    /// - Parameter makeMeter: gives the series of a name.
    init(_ makeMeter: (_ name: String) -> any MeterHandler) {
        func meter(_ name: String) -> Meter { Meter(label: name, dimensions: [], handler: makeMeter(name)) }
        cpuSeconds = meter("process_cpu_seconds_total")
        residentBytes = meter("process_resident_memory_bytes")
        virtualBytes = meter("process_virtual_memory_bytes")
        openDescriptors = meter("process_open_fds")
        maxDescriptors = meter("process_max_fds")
        startTime = meter("process_start_time_seconds")
        threads = meter("process_threads")
        update()
    }

    /// Reads `/proc`. What it does not tell keeps its last value.
    func update() {
        guard let reading = ProcessReading() else { return }
        cpuSeconds.set(reading.cpuSeconds)
        residentBytes.set(reading.residentBytes)
        virtualBytes.set(reading.virtualBytes)
        openDescriptors.set(reading.openDescriptors)
        if let limit = reading.maxDescriptors { maxDescriptors.set(limit) }
        startTime.set(reading.startTime)
        threads.set(reading.threads)
    }
}
