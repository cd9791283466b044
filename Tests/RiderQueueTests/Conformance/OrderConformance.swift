import Foundation
import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    @Suite struct Order {
        @Test(arguments: QueueBackend.all)
        func tenLevelsAreStrictAndEachIsFirstInFirstOut(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                let file = URL(filePath: #filePath).appending(
                    path: "../../../RiderModelTests/Fixtures/task.priority-mix.jsonl")
                let lines = try Data(contentsOf: file.standardized).split(separator: UInt8(ascii: "\n"))
                let mix = try lines.map { NewTask(try TaskEnvelope(parsing: Array($0))) }
                #expect(mix.count == 30)
                for batch in [mix.prefix(7), mix[7..<20], mix[20...]] {
                    _ = try await queue.enqueue(Array(batch))
                }

                var claimed: [String] = []
                while case let tasks = try await queue.claim(4), !tasks.isEmpty { claimed += tasks.ids }

                let expected = Priority.all.flatMap { level in mix.filter { $0.envelope.priority == level } }
                #expect(claimed == expected.map(\.envelope.id))
            }
        }

        @Test(arguments: QueueBackend.all)
        func aLevelIsFirstInFirstOutAcrossDomains(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                let types: [TaskType] = [.textNLU, .visionFrame, .voiceTTS, .textGenerate, .visionDetection, .voiceASR]
                _ = try await queue.enqueue(try (0..<30).map { try task("t\($0)", types[$0 % 6]) })
                #expect(try await queue.claim().ids == (0..<30).map { "t\($0)" })
            }
        }

        @Test(arguments: QueueBackend.all)
        func aDomainWithoutFreePlacesDoesNotHoldUpTheOthers(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.put("v1", "v2", "v3", type: .visionFrame, priority: 1)
                try await queue.put("t1", "t2", type: .textNLU, priority: 9)
                try await queue.put("s1", type: .voiceTTS, priority: 5)

                let request = ClaimRequest(capacity: [.vision: 1, .text: 2], limit: 10)
                let tasks = try await queue.cycle(acknowledging: [], claiming: request).tasks

                #expect(tasks.ids == ["v1", "t1", "t2"])
                #expect(try await queue.claim(in: .voice).ids == ["s1"])
            }
        }

        @Test(arguments: QueueBackend.all)
        func theLimitOfAClaimHoldsForAllDomainsTogether(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.put("a", "b", "c")
                let request = ClaimRequest(capacity: [.text: 3, .voice: 3], limit: 2)
                #expect(try await queue.cycle(acknowledging: [], claiming: request).tasks.ids == ["a", "b"])
                #expect(try await queue.cycle(acknowledging: [], claiming: .nothing).tasks.isEmpty)
            }
        }

        @Test(arguments: QueueBackend.all)
        func aTaskThatComesBackIsAtTheHeadOfItsLevel(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                try await queue.put("a", "b", "c")
                try await queue.put("urgent", priority: 4)
                let first = try await queue.claim(3)
                #expect(first.ids == ["urgent", "a", "b"])

                try await queue.giveBack([first[2].lease, first[1].lease])
                #expect(try await queue.claim(1).ids == ["a"])

                #expect(try await queue.fail(first[0].lease, reason: "engine away") != .lost)
                try await store.advance(by: .milliseconds(100))
                #expect(try await queue.claim().ids == ["urgent", "b", "c"])
            }
        }

        @Test(arguments: QueueBackend.all)
        func bytesPassThroughUntouched(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                let large = try envelope("large", .visionFrame, bytes: 64 << 10)
                let odd = try TaskEnvelope(
                    parsing: Array(
                        """
                        { "x" : [1.50e2,"zażółć \\u017c"],"task_id":"odd", "task_type":"text.nlu",
                          "payload":{"b":1,"a":null},"priority":5.0 }
                        """.utf8))
                _ = try await queue.enqueue([NewTask(large), NewTask(odd)])

                let tasks = try await queue.claim()
                #expect(tasks.map(\.envelope.bytes) == [large.bytes, odd.bytes])
                try await queue.giveBack(tasks.map(\.lease))
                #expect(try await queue.claim().map(\.envelope) == [large, odd])
            }
        }
    }
}
