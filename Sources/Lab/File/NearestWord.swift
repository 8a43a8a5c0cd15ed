/// Finds what somebody may have meant.
enum NearestWord {
    /// The word of `known` that `word` is least far from, if it is not far; nil otherwise.
    static func find(_ word: String, in known: some Collection<String>) -> String? {
        if word.isEmpty { return nil }
        let limit = max(1, word.count / 3)
        let all = known.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        let nearest = all.min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        return nearest.flatMap { $0.distance <= limit ? $0.word : nil }
    }

    /// " Did you mean "lan"?", or what there is if that is little, or nothing.
    static func hint(_ word: String, in known: some Collection<String>) -> String {
        if let nearest = find(word, in: known) { return "; did you mean \(nearest.debugDescription)?" }
        if known.isEmpty { return "" }
        let shown = known.sorted().prefix(24)
        return "; there \(known.count == 1 ? "is" : "are") \(shown.joined(separator: ", "))"
            + (known.count > shown.count ? ", …" : "")
    }

    /// Changes of one letter, and swaps of two neighbours, that lead from one word to the other (Damerau, 1964).
    /// O(letters of one × letters of the other); long words are cut.
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.prefix(64)), Array(right.prefix(64)))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for row in 0...a.count { rows[row][0] = row }
        for column in 0...b.count { rows[0][column] = column }
        for row in 1...a.count {
            for column in 1...b.count {
                let change = a[row - 1] == b[column - 1] ? 0 : 1
                var best = min(rows[row - 1][column] + 1, rows[row][column - 1] + 1)
                best = min(best, rows[row - 1][column - 1] + change)
                if row > 1, column > 1, a[row - 1] == b[column - 2], a[row - 2] == b[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                rows[row][column] = best
            }
        }
        return rows[a.count][b.count]
    }
}
