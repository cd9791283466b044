/// Finds what a misspelt name was meant to be.
enum NearestName {
    /// - Returns: the candidate with the smallest edit distance; nil when more than a third of the name is different.
    static func find(_ name: String, in candidates: some Sequence<String>) -> String? {
        let limit = max(2, name.count / 3)
        let best = candidates.map { ($0, distance(name, $0)) }.min { $0.1 < $1.1 }
        return best.flatMap { $0.1 <= limit ? $0.0 : nil }
    }

    /// Letters to insert, remove, replace, or swap with their neighbour.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let change = left[row] == right[column] ? 0 : 1
                var steps = min(last[column + 1] + 1, current[column] + 1, last[column] + change)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    steps = min(steps, beforeLast[column - 1] + 1)
                }
                current.append(steps)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
