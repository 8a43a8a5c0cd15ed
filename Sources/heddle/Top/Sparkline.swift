/// A line of bars, one for each figure, as high as the figure is.
enum Sparkline {
    /// Eighths of a character's height.
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    /// For terminals that don't show UTF-8.
    private static let plain: [Character] = [".", ":", "-", "=", "+", "*", "%", "#"]

    /// The newest of `figures` stands at the right; `width` characters in all. Zero and what isn't known are blank, so
    /// that the least traffic is seen beside none. The scale is from 0 to `peak`.
    static func text(_ figures: [Double?], peak: Double, width: Int, isUnicode: Bool) -> String {
        let levels = isUnicode ? blocks : plain
        let shown = figures.suffix(max(0, width)).map { figure -> Character in
            guard let figure, figure > 0, peak > 0 else { return " " }
            let level = (figure / peak * Double(levels.count)).rounded(.up)
            return levels[max(1, min(levels.count, Int(min(level, Double(levels.count))))) - 1]
        }
        return String(repeating: " ", count: max(0, width - shown.count)) + String(shown)
    }
}
