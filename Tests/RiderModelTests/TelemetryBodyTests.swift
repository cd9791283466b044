import RiderModel
import Testing

struct TelemetryBodyTests {
    private func body(result: TaskResult, _ type: TaskType = .voiceTTS) throws -> [UInt8] {
        TelemetryBody.make(
            task: try SampleTask.claimed(id: "t-\"ź", type), result: result, timestamp: SampleTask.now)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func aFinishedTaskIsToldInTheOrderOfTheContract() throws {
        let result = TaskResult.completed(Array(#"{"text" : "hej"}"#.utf8), meta: [.init("model", "m")])
            .taking(milliseconds: 1.5)
        #expect(
            text(try body(result: result, .textNLU))
                == #"{"task_id":"t-\"ź","status":"completed","processing_time_ms":1.5,"#
                + #""timestamp":1763035207.0,"result":{"text" : "hej"},"error":null,"meta":{"model":"m"},"#
                + #""task_type":"text.nlu","priority":5,"attempt":1,"wait_ms":12}"#)
    }

    @Test func aFailureHasNoResultAndPerhapsNoTime() throws {
        let value = try JSONValue(parsing: body(result: .failed("no\nengine", fallbackRequired: true)))
        #expect(value["result"] == .null)
        #expect(value["processing_time_ms"] == .null)
        #expect(value["error"] == "no\nengine")
        #expect(value["meta"]?["fallback_required"] == true)
    }

    @Test func numbersThatAreNoneBecomeNull() throws {
        let result = TaskResult.completed(["x": 1], meta: [.init("p", .number(.nan))]).taking(milliseconds: .infinity)
        let value = try JSONValue(parsing: body(result: result))
        #expect(value["processing_time_ms"] == .null)
        #expect(value["meta"]?["p"] == .null)
    }

    // MARK: - Taking out what is large

    private static func sound(_ count: Int) -> JSONValue { .string(String(repeating: "A", count: count)) }

    @Test func onlyWhatHasToGoGoesTheLargestFirst() throws {
        let output: JSONValue = [
            "a": Self.sound(3000), "n": 1, "b": Self.sound(5000), "small": Self.sound(1000), "c": Self.sound(2000),
        ]
        let whole = try body(result: .completed(output))
        let (fits, none) = TelemetryBody.elidingBinaryFields(of: whole, toFit: whole.count)
        #expect(fits == whole && none.isEmpty)

        let (once, first) = TelemetryBody.elidingBinaryFields(of: whole, toFit: whole.count - 1)
        #expect(first == ["result.b"])
        #expect(try JSONValue(parsing: once)["result"]?.members?.map(\.key) == ["a", "n", "small", "c"])

        let (twice, two) = TelemetryBody.elidingBinaryFields(of: whole, toFit: whole.count - 6000)
        #expect(two == ["result.a", "result.b"], "named in the order of the result")
        #expect(twice.count <= whole.count - 6000)

        let (most, all) = TelemetryBody.elidingBinaryFields(of: whole, toFit: 10)
        #expect(all == ["result.a", "result.b", "result.c"])
        let value = try JSONValue(parsing: most)
        #expect(value["result"] == ["n": 1, "small": Self.sound(1000)])
        #expect(value["task_type"] == "voice.tts", "facts stay")
    }

    @Test(arguments: ["a", "b", "c"])
    func aMemberAtAnyPlaceLeavesAnObjectBehind(large: String) throws {
        for keys in [["a"], ["a", "b"], ["a", "b", "c"], ["c", "b", "a"]] where keys.contains(large) {
            let output = JSONValue.object(
                keys.map { .init($0, $0 == large ? Self.sound(4000) : .string("x")) })
            let (rest, elided) = TelemetryBody.elidingBinaryFields(
                of: try body(result: .completed(output)), toFit: 1000)
            #expect(elided == ["result.\(large)"])
            #expect(try JSONValue(parsing: rest)["result"]?.members?.map(\.key) == keys.filter { $0 != large })
        }
    }

    @Test func stringsThatLookLikeStructureDoNotBreakIt() throws {
        let tricky = JSONValue.string(String(repeating: "}\\\",{\"x\":", count: 200))
        let whole = try body(result: .completed(["a": tricky, "k\"ey": Self.sound(2000), "z": [1, ["y": "}"]]]))
        let (rest, elided) = TelemetryBody.elidingBinaryFields(of: whole, toFit: 100)
        #expect(Set(elided) == ["result.a", "result.k\"ey"])
        #expect(try JSONValue(parsing: rest)["result"] == ["z": [1, ["y": "}"]]])
    }

    @Test(arguments: ["", "[1]", "{", #"{"result":null}"#, #"{"result":"text"}"#, #"{"error":null}"#])
    func whatHasNoResultObjectComesBackAsItIs(text: String) {
        let (rest, elided) = TelemetryBody.elidingBinaryFields(of: Array(text.utf8), toFit: 0)
        #expect(rest == Array(text.utf8) && elided.isEmpty)
    }

    @Test func aKeptBodyNamesWhatWasTakenOut() throws {
        let whole = try body(result: .completed(["audio_data": Self.sound(4000), "format": "wav"]))
        let (rest, elided) = TelemetryBody.elidingBinaryFields(of: whole, toFit: 500)
        let kept = TelemetryBody.naming(elided: elided, in: rest)
        #expect(try JSONValue(parsing: kept)["elided"] == ["result.audio_data"])
        #expect(TelemetryBody.naming(elided: [], in: rest) == rest)
    }

    // MARK: - The publisher's mark

    @Test func theMarkIsTheLastMemberAndReadsBack() throws {
        let plain = RiderMark(publisherID: "5f1c", seq: 1042, topicSeq: 17, recordedAt: SampleTask.now)
        var full = plain
        full.elided = ["result.audio_data"]
        full.replay = .init(run: 3, at: SampleTask.now + .seconds(7_200), of: SampleTask.now)
        var asked = plain
        asked.replay = .init(at: SampleTask.now + .seconds(1), of: SampleTask.now)
        for mark in [plain, full, asked] {
            let whole = try body(result: .completed(["x": "}"]))
            let message = mark.spliced(into: whole)
            #expect(message.starts(with: whole.dropLast()))
            #expect(try JSONValue(parsing: message).members?.last?.key == "_rider")
            #expect(RiderMark(in: message) == mark)
        }
        #expect(
            text(plain.spliced(into: Array("{}".utf8)))
                == #"{"_rider":{"pub":"5f1c","seq":1042,"tseq":17,"ts":1763035207.0}}"#)
        let replayed = try #require(try JSONValue(parsing: full.spliced(into: Array("{}".utf8)))["_rider"])
        #expect(replayed["replay"] == true)
        #expect(replayed["run"] == 3)
        #expect(replayed["replayed_at"] == 1_763_042_407.0)
        #expect(replayed["age_ms"] == 7_200_000)
    }

    @Test(arguments: ["", "{}", "[]", #"{"_rider":1}"#, #"{"_rider":{"pub":1,"seq":1,"tseq":1,"ts":1}}"#])
    func aMessageWithoutAMarkHasNone(text: String) {
        #expect(RiderMark(in: Array(text.utf8)) == nil)
    }
}
