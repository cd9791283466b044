/// Decides after which commits the journal's used pages are counted. Counting takes a read of its own, which a lone result's
/// next step would wait for; and a page can only have come into use by being written to the log, so until enough of them
/// were written the last count still holds.
struct PageCountPolicy: Sendable {
    /// How many pages may have come into use uncounted.
    private let tolerance: Int
    /// Pages written since the last count, at most as many of them new; nil when the next commit is counted after in any case.
    private var uncounted: Int?
    /// How long the log was when it was last looked at.
    private var logged = 0

    /// - Parameter reserve: the pages that are kept free, of which a part may be used up unnoticed.
    init(reserve: Int64) {
        tolerance = Int(reserve / 4)
    }

    /// Whether to count after a commit.
    ///
    /// - Parameter pagesInLog: the log's length after the commit.
    mutating func isDue(pagesInLog: Int) -> Bool {
        guard let before = uncounted else { return true }
        let written = before + (pagesInLog >= logged ? pagesInLog - logged : pagesInLog)
        uncounted = written
        logged = pagesInLog
        return written > tolerance
    }

    /// Takes over the log's length after it may have been copied into the file: what is written next begins there.
    mutating func begin(pagesInLog: Int) {
        logged = pagesInLog
    }

    /// Notes a count.
    ///
    /// - Parameter isComfortable: whether there was room; while there is none, each commit is counted after.
    mutating func counted(isComfortable: Bool) {
        uncounted = isComfortable ? 0 : nil
    }
}
