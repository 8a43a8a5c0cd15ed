/// Writing HTML and SVG by hand: escaping, elements, numbers.
package enum Markup {
    /// Text as it may stand between tags and inside quoted attributes.
    package static func escape(_ text: some StringProtocol) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    /// An element with attributes (escaped here) around contents (markup already).
    static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ contents: String = ""
    ) -> String {
        let list = attributes.map { " \($0.key)=\"\(escape($0.value))\"" }.joined()
        return contents.isEmpty ? "<\(name)\(list)/>" : "<\(name)\(list)>\(contents)</\(name)>"
    }

    /// A coordinate: a tenth of a unit is less than anybody sees.
    static func coordinate(_ value: Double) -> String {
        Quantity.fixed(value, decimals: 1)
    }
}
