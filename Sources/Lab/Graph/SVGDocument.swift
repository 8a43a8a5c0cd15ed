/// Elements of an SVG picture, in the order in which they lie on each other. Coordinates are pixels.
struct SVGDocument {
    private var elements: [String] = []
    private var width = 0.0
    private var height = 0.0

    /// How a text stands at its place.
    enum Anchor: String {
        case start
        case middle
    }

    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, radius: Double = 0, fill: String, stroke: String? = nil,
        isDashed: Bool = false
    ) {
        let line = stroke.map { " stroke=\"\($0)\"" } ?? ""
        let dashes = isDashed ? " stroke-dasharray=\"6 4\"" : ""
        elements.append(
            "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\""
                + " height=\"\(Self.number(height))\" rx=\"\(Self.number(radius))\" fill=\"\(fill)\"\(line)\(dashes)/>")
        cover(x + width, y + height)
    }

    mutating func line(x: Double, from top: Double, to bottom: Double, colour: String) {
        elements.append(
            "<line x1=\"\(Self.number(x))\" y1=\"\(Self.number(top))\" x2=\"\(Self.number(x))\""
                + " y2=\"\(Self.number(bottom))\" stroke=\"\(colour)\" stroke-width=\"2\"/>")
        cover(x, bottom)
    }

    mutating func dot(x: Double, y: Double, colour: String) {
        elements.append(
            "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"4\" fill=\"#ffffff\" stroke=\"\(colour)\""
                + " stroke-width=\"2\"/>")
    }

    mutating func text(
        _ text: String, x: Double, y: Double, size: Double, colour: String = "#1f2933", isBold: Bool = false,
        anchor: Anchor = .start
    ) {
        let weight = isBold ? " font-weight=\"bold\"" : ""
        elements.append(
            "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" fill=\"\(colour)\""
                + "\(weight) text-anchor=\"\(anchor.rawValue)\">\(Self.escaped(text))</text>")
        let extent = Self.width(of: text, size: size)
        cover(anchor == .start ? x + extent : x + extent / 2, y + size / 3)
    }

    private mutating func cover(_ x: Double, _ y: Double) {
        width = max(width, x)
        height = max(height, y)
    }

    /// The whole document.
    func text(title: String) -> String {
        let (w, h) = (Self.number((width + 24).rounded(.up)), Self.number((height + 24).rounded(.up)))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(w)" height="\(h)" viewBox="0 0 \(w) \(h)" \
            font-family="Helvetica, Arial, sans-serif">
            <title>\(Self.escaped(title))</title>
            <rect width="\(w)" height="\(h)" fill="#ffffff"/>
            \(elements.joined(separator: "\n"))
            </svg>

            """
    }

    /// About how wide a text is: letters of these fonts are little more than half as wide as high.
    static func width(of text: String, size: Double) -> Double {
        Double(text.count) * size * 0.58
    }

    /// With at most one digit behind the point.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let whole = "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10)"
        return tenths % 10 == 0 ? whole : "\(whole).\(abs(tenths) % 10)"
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // XML 1.0 has no other control characters, not even as references.
            default: result.unicodeScalars.append(scalar.value < 32 ? " " : scalar)
            }
        }
        return result
    }
}
