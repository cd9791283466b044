import RiderModel
import Testing

@Suite struct ReceiptTests {
    private static let second: UInt64 = 1_000_000_000
    /// Ten seconds of this clock's run; the wall clock shows ``SampleTask/now``.
    private let time = TimeSource(
        wall: { SampleTask.now }, monotonicNanoseconds: { 10 * second }, clockRun: "boot-1")

    private func frame(_ receipt: Receipt?, expiresIn: Duration? = nil, deadline: UnixTime? = nil) throws -> ClaimedTask
    {
        var meta = JSONWriter()
        meta.object { writer in
            writer.key("source_topic")
            writer.string("vision.frame.offload")
            if let receipt {
                writer.key(dynamic: Receipt.key)
                receipt.write(to: &writer)
            }
        }
        let payload: JSONValue = ["frame_data": "AAAA"]
        return SampleTask.claimed(
            try TaskEnvelope(
                id: "f", type: .visionFrame, payload: payload.encoded, meta: meta.bytes, expiresIn: expiresIn),
            deadline: deadline)
    }

    @Test func `a receipt travels in a task's meta`() throws {
        let receipt = Receipt(time)
        let meta = try #require(try frame(receipt).envelope.meta)
        #expect(Receipt(meta: meta) == receipt)
        #expect(Receipt(meta: try #require(try frame(nil).envelope.meta)) == nil)
    }

    @Test(arguments: [#"{"received":5}"#, #"{"received":{"ns":-1,"clock":"c"}}"#, #"{"received":{"ns":1}}"#, "{}", "x"])
    func `what is no receipt is none`(meta: String) {
        #expect(Receipt(meta: Array(meta.utf8)[...]) == nil)
    }

    @Test func `age is counted from the receipt whatever the wall clock says`() throws {
        let task = try frame(Receipt(nanoseconds: 7 * Self.second, clockRun: "boot-1"))
        #expect(task.receivedAt(by: time) == 7 * Self.second)
        var moved = time
        moved.wall = { SampleTask.now + .seconds(3600) }
        #expect(task.receivedAt(by: moved) == 7 * Self.second)
        moved.wall = { SampleTask.now - .seconds(3600) }
        #expect(task.receivedAt(by: moved) == 7 * Self.second)
    }

    @Test func `another machine's receipt and none at all fall back on the time in the queue`() throws {
        for receipt in [Receipt(nanoseconds: 1, clockRun: "boot-2"), nil] {
            // Queued 20 ms ago.
            #expect(try frame(receipt).receivedAt(by: time) == 10 * Self.second - 20_000_000)
        }
    }

    @Test func `a receipt from the future is now`() throws {
        let task = try frame(Receipt(nanoseconds: 11 * Self.second, clockRun: "boot-1"))
        #expect(task.receivedAt(by: time) == 10 * Self.second)
    }

    @Test func `a frame is late by its receipt when the wall clock was set back`() throws {
        let receipt = Receipt(nanoseconds: 10 * Self.second - 501_000_000, clockRun: "boot-1")
        let deadline = SampleTask.now + .seconds(3600)
        #expect(try frame(receipt, expiresIn: .milliseconds(500), deadline: deadline).isLate(by: time))
        #expect(try !frame(receipt, expiresIn: .milliseconds(501), deadline: deadline).isLate(by: time))
    }

    @Test func `a frame is late by its deadline too, and never without a limit`() throws {
        let receipt = Receipt(time)
        #expect(
            try frame(receipt, expiresIn: .seconds(5), deadline: SampleTask.now - .milliseconds(1)).isLate(by: time))
        #expect(try !frame(Receipt(nanoseconds: 0, clockRun: "boot-1")).isLate(by: time))
    }

    @Test func `this machine's clock has a name and moves`() {
        let start = TimeSource.system.monotonicNanoseconds()
        #expect(!TimeSource.system.clockRun.isEmpty)
        #expect(TimeSource.system.monotonicNanoseconds() >= start)
    }
}
