import Foundation
import RiderModel
import Testing

@testable import RiderJournal
@testable import RiderReport

struct ReportPageTests {
    private static let page = ReportPage(ExampleReport.report(), zone: .utc).html

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "python3 is not installed"))
    func foreignParsersFindAWholePage() throws {
        let script = """
            import html.parser, sys, xml.dom.minidom
            page = open(sys.argv[1], encoding="utf-8").read()
            xml.dom.minidom.parseString(page.encode())
            class Parser(html.parser.HTMLParser):
                def __init__(self):
                    super().__init__()
                    self.open, self.ids, self.charts = [], [], 0
                def handle_starttag(self, tag, attributes):
                    self.open.append(tag)
                    self.ids += [value for name, value in attributes if name == "id"]
                    self.charts += tag == "svg"
                def handle_startendtag(self, tag, attributes):
                    pass
                def handle_endtag(self, tag):
                    assert self.open.pop() == tag, tag
            parser = Parser()
            parser.feed(page)
            parser.close()
            assert not parser.open, parser.open
            assert len(set(parser.ids)) == len(parser.ids), parser.ids
            print(parser.charts)
            """
        let file = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString).html")
        defer { try? FileManager.default.removeItem(at: file) }
        try Self.page.write(to: file, atomically: true, encoding: .utf8)
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/python3")
        python.arguments = ["-c", script, file.path]
        let output = Pipe()
        python.standardOutput = output
        python.standardError = output
        try python.run()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        python.waitUntilExit()
        // Five charts, three breakers, three links.
        #expect(said == "11\n")
    }

    @Test func nothingIsLoadedFromAnywhere() {
        for reference in ["http:", "https:", "src=", "href=", "url(", "@import", "<link", "<iframe", "<img", "fetch("] {
            #expect(!Self.page.contains(reference), "\(reference)")
        }
        #expect(Self.page.contains("default-src 'none'"))
    }

    @Test func printedNumbersAreThoseOfTheReport() {
        #expect(Self.page.contains("<dd>5,760<small>4 per minute on average</small></dd>"))
        #expect(Self.page.contains("<dd>60<small>1 % of the finished ones</small></dd>"))
        #expect(Self.page.contains("5,760 tasks were finished, 60 of them failed."))
        #expect(Self.page.contains("nobody listened 30 min, link down 55 min"))
        // A step's numbers, in the table under the first chart.
        #expect(Self.page.contains(#"<tr data-step="72"><th scope="row">13 Nov 12:00</th><td>30</td><td>10</td></tr>"#))
    }

    @Test func itReadsInLightAndDark() {
        #expect(Self.page.contains("prefers-color-scheme: dark"))
        #expect(Self.page.contains(#"<meta name="color-scheme" content="light dark"/>"#))
    }

    @Test func foreignTextStaysText() {
        var builder = ReportBuilder(
            span: ReportSpan(since: ExampleReport.since, until: ExampleReport.until, zone: .utc))
        let evil = "</script><script>alert(1)</script> & \"x\" \u{0}\u{FFFE}'"
        let time = ExampleReport.since + .seconds(1)
        builder.add(
            ReportResult(
                recordedAt: time, taskType: evil, priority: 5, isFailed: true, waitMilliseconds: 0,
                processingMilliseconds: nil, delivery: .journaled, isDelivered: false))
        builder.addFailure(evil, reason: evil, at: time)
        let page = html(of: builder)
        #expect(!page.contains("<script>alert"))
        #expect(
            page.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot; \u{FFFD}\u{FFFD}'"))
    }

    @Test func whatIsNotKnownIsSaidAndNotDrawn() {
        var builder = ReportBuilder(
            span: ReportSpan(since: ExampleReport.since, until: ExampleReport.until, zone: .utc))
        #expect(builder.report(publisherID: "", programVersion: "", generatedAt: ExampleReport.until).isEmpty)
        builder.addDepth(0, priority: 1, at: ExampleReport.since)
        let page = html(of: builder)
        #expect(page.contains("No task was finished in this time."))
        #expect(page.contains("Whenever a sample was taken no task was waiting."))
        #expect(page.contains("There is no metric history of this time."))
        #expect(page.contains("Telemetry had no outage in this time"))
        #expect(!page.contains("<svg"))
    }

    @Test func theDocumentHasTheSameNumbers() throws {
        let document = ExampleReport.report().json
        let read = try JSONValue(parsing: document.encoded)
        #expect(read["completed"]?.int == ExampleReport.tasks - 60 && read["failed"]?.int == 60)
        let steps = try #require(read["steps"]?.array)
        #expect(steps.reduce(0) { $0 + ($1["completed"]?.int ?? 0) } == ExampleReport.tasks - 60)
        #expect(read["outages"]?.array?.map { $0["cause"]?.string } == ["no_subscriber", "link_down"])
        #expect(read["breakers"]?.array?.first?["half_open_ms"]?.int == 360_000)
    }

    private func html(of builder: ReportBuilder) -> String {
        ReportPage(
            builder.report(publisherID: "p", programVersion: "rider", generatedAt: ExampleReport.until), zone: .utc
        ).html
    }
}
