import Foundation
import RiderModel
import Testing

struct Base64Tests {
    @Test func whatFoundationEncodesIsStandard() {
        for count in 1...70 {
            let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) })
            #expect(Base64.isStandard(Array(data.base64EncodedString().utf8)))
        }
    }

    @Test(arguments: [
        "", "A", "AA", "AAA", "AAAAA", "====", "A===", "AA=A", "=AAA", "AAAA====", "AA==AAAA", "AA-_", "AAA\n", "AA A",
        "AAAé", "QUJD\nQUJD", "/9j/4AAQ***notbase64***",
    ])
    func anythingElseIsNot(text: String) {
        #expect(!Base64.isStandard(Array(text.utf8)))
    }
}
