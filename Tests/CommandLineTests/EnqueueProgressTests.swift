import Testing

@testable import rider

struct EnqueueProgressTests {
    private var report: EnqueueReport {
        var report = EnqueueReport()
        report.queued = 30_000
        report.duplicates = 10_000
        report.refused = 1
        return report
    }

    @Test func aFileShowsABarWithItsShare() {
        let progress = EnqueueProgress(total: 1_000, start: 0)
        let text = progress.text(report, bytesRead: 500, now: 2_000_000_000)
        #expect(
            text
                == "████████████░░░░░░░░░░░░ 50 %  30,000 queued, 10,000 in the queue already, 1 refused, 20,000/s")
        #expect(progress.text(report, bytesRead: 5_000, now: 1).hasPrefix(String(repeating: "█", count: 24) + " 100 %"))
    }

    @Test func aPipeShowsCountsOnly() {
        let progress = EnqueueProgress(total: nil, start: 0)
        #expect(progress.text(EnqueueReport(), bytesRead: 500, now: 1_000_000_000) == "0 queued, 0/s")
    }
}
