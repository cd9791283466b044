import TestSupport

extension CountingMetrics {
    func ingested(_ topic: String, _ outcome: String) -> Double {
        value("ingest_messages_total{topic=\(topic),outcome=\(outcome)}")
    }
}
