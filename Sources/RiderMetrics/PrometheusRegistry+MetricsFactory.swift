import CoreMetrics

extension PrometheusRegistry: MetricsFactory {
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        switch make(label, dimensions, kind: .counter) {
        case .scalar(let series): series
        case .dropped(let series): series
        case .histogram: preconditionFailure("a counter became a histogram")
        }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        switch make(label, dimensions, kind: .counter) {
        case .scalar(let series): series
        case .dropped(let series): series
        case .histogram: preconditionFailure("a counter became a histogram")
        }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        switch make(label, dimensions, kind: .gauge) {
        case .scalar(let series): series
        case .dropped(let series): series
        case .histogram: preconditionFailure("a meter became a histogram")
        }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        switch make(label, dimensions, kind: aggregate ? .histogram : .gauge) {
        case .scalar(let series): series
        case .dropped(let series): series
        case .histogram(let series): series
        }
    }

    /// Timers are histograms in seconds, whatever unit the caller records in.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        switch make(label, dimensions, kind: .histogram) {
        case .histogram(let series): series
        case .dropped(let series): series
        case .scalar: preconditionFailure("a timer became a gauge")
        }
    }

    // A series goes when the last metric made for it is destroyed.

    public func destroyCounter(_ handler: any CounterHandler) { release(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { release(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { release(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { release(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { release(handler) }
}
