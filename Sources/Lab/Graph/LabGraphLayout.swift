/// Where everything of a picture lies, and its drawing.
struct LabGraphLayout {
    private let graph: LabGraph
    private var svg = SVGDocument()
    /// Left edge and width of each box.
    private var columns: [(x: Double, width: Double)] = []
    /// Top of each bar.
    private var barTops: [Double] = []
    /// Top of the boxes that hang on each bar.
    private var boxTops: [Double] = []

    private static let barHeight = 24.0
    private static let lineHeight = 14.0
    private static let titleHeight = 44.0
    private static let columnGap = 22.0
    private static let colours = ["#2563a8", "#b4540a", "#2f7d4f", "#7a4fa3", "#a8324a", "#3b7f8c", "#8a6d1a"]
    private static let linkColour = "#5b6672"

    init(_ graph: LabGraph) {
        self.graph = graph
        placeColumns()
        placeRows()
    }

    private mutating func placeColumns() {
        var x = 28.0
        var host: String?
        for box in graph.boxes {
            // Room for the frame around a host.
            if box.host != host, !columns.isEmpty { x += Self.columnGap * 1.5 }
            host = box.host
            var width = 110.0
            width = max(width, SVGDocument.width(of: box.name, size: 14) * 1.1 + 24)
            for note in box.notes { width = max(width, SVGDocument.width(of: note, size: 11) + 24) }
            // A bar that is this box's alone stays within its column.
            for way in box.ways where graph.boxes.count(where: { $0.ways.contains { $0.bar == way.bar } }) == 1 {
                width = max(width, barWidth(way.bar))
            }
            let lower = box.ways.dropFirst()
            for (index, way) in box.ways.enumerated() {
                let widest = (way.labels + way.impairments).map { SVGDocument.width(of: $0, size: 11) }.max() ?? 0
                // Labels stand to the right of their line.
                let share = index == 0 ? 0.5 : 1 - Double(index) / Double(lower.count + 1)
                width = max(width, (widest + 14) / share)
            }
            columns.append((x, width))
            x += width + Self.columnGap
        }
    }

    private func boxHeight(_ box: LabGraph.Box) -> Double {
        30 + Double(box.notes.count) * Self.lineHeight
    }

    /// The bar that a box hangs on; those that have none hang on nothing, above all.
    private func firstBar(_ box: LabGraph.Box) -> Int { box.ways.map(\.bar).min() ?? -1 }

    private mutating func placeRows() {
        var y = Self.titleHeight
        let loose = graph.boxes.filter { $0.ways.isEmpty }
        if !loose.isEmpty { y += (loose.map(boxHeight).max() ?? 0) + 20 }
        for bar in graph.bars.indices {
            // Labels of those that come from above.
            let above = graph.boxes.flatMap { box in box.ways.filter { $0.bar == bar && firstBar(box) < bar } }
            y += 14 + gap(for: above)
            barTops.append(y)
            y += Self.barHeight
            let hanging = graph.boxes.filter { firstBar($0) == bar }
            y += 8 + gap(for: hanging.flatMap { box in box.ways.filter { $0.bar == bar } })
            boxTops.append(y)
            y += hanging.map(boxHeight).max() ?? 0
        }
    }

    private func gap(for ways: [LabGraph.Way]) -> Double {
        let lines = ways.map { $0.labels.count + $0.impairments.count }.max() ?? 0
        return lines == 0 ? 4 : Double(lines) * Self.lineHeight + 8
    }

    /// Draws all.
    mutating func draw() -> String {
        svg.text(graph.title, x: 28, y: 28, size: 18, isBold: true)
        drawHosts()
        for (index, box) in graph.boxes.enumerated() { drawWays(of: box, index) }
        for index in graph.bars.indices { drawBar(index) }
        for (index, box) in graph.boxes.enumerated() { drawDots(of: box, index) }
        for (index, box) in graph.boxes.enumerated() { drawBox(box, index) }
        return svg.text(title: graph.title)
    }

    private mutating func drawHosts() {
        let hosts = graph.boxes.filter(\.isHost).map(\.name)
        let bottom = graph.boxes.indices.map { boxTop($0) + boxHeight(graph.boxes[$0]) }.max() ?? 0
        let lowest = max(bottom, (barTops.last ?? 0) + Self.barHeight) + 12
        for host in hosts {
            let own = graph.boxes.indices.filter { graph.boxes[$0].host == host }
            guard let first = own.first, let last = own.last else { continue }
            let (left, right) = (columns[first].x - 12, columns[last].x + columns[last].width + 12)
            svg.rectangle(
                x: left, y: Self.titleHeight - 6, width: right - left, height: lowest - Self.titleHeight + 6,
                radius: 10,
                fill: "#f3f5f8", stroke: "#9aa5b1", isDashed: true)
            svg.text("host \(host)", x: left + 10, y: Self.titleHeight + 10, size: 11, colour: "#52606d")
        }
    }

    private func colour(_ bar: Int) -> String {
        graph.bars[bar].isLink ? Self.linkColour : Self.colours[bar % Self.colours.count]
    }

    private func boxTop(_ index: Int) -> Double {
        let bar = firstBar(graph.boxes[index])
        return bar < 0 ? Self.titleHeight : boxTops[bar]
    }

    /// Where the ways of a box leave it: the first upwards, from its middle, all others downwards, side by side.
    private func places(of box: LabGraph.Box, _ index: Int) -> [(way: LabGraph.Way, x: Double)] {
        let (x, width) = columns[index]
        let ways = box.ways.sorted { $0.bar < $1.bar }
        return ways.enumerated().map { number, way in
            let share = number == 0 ? 0.5 : Double(number) / Double(ways.count)
            return (way, x + width * share)
        }
    }

    private mutating func drawWays(of box: LabGraph.Box, _ index: Int) {
        let (top, bottom) = (boxTop(index), boxTop(index) + boxHeight(box))
        for (number, place) in places(of: box, index).enumerated() {
            let bar = barTops[place.way.bar]
            let colour = colour(place.way.bar)
            let labels = place.way.labels.filter { !$0.isEmpty } + place.way.impairments
            var y = bar + Self.barHeight + Self.lineHeight + 2
            if number == 0 {
                svg.line(x: place.x, from: bar + Self.barHeight, to: top, colour: colour)
            } else {
                svg.line(x: place.x, from: bottom, to: bar, colour: colour)
                y = bar - 8 - Double(labels.count - 1) * Self.lineHeight
            }
            for (line, label) in labels.enumerated() {
                let isImpairment = line >= labels.count - place.way.impairments.count
                svg.text(
                    label, x: place.x + 7, y: y + Double(line) * Self.lineHeight, size: 11,
                    colour: isImpairment ? "#c0392b" : "#3e4c59")
            }
        }
    }

    private func barName(_ bar: Int) -> String {
        graph.bars[bar].name + (graph.bars[bar].note.isEmpty ? "" : "   " + graph.bars[bar].note)
    }

    /// The least that a bar's name needs.
    private func barWidth(_ bar: Int) -> Double { SVGDocument.width(of: barName(bar), size: 12) * 1.08 + 20 }

    private mutating func drawBar(_ bar: Int) {
        var reach: [Double] = []
        for (index, box) in graph.boxes.enumerated() {
            reach += places(of: box, index).filter { $0.way.bar == bar }.map(\.x)
        }
        let name = barName(bar)
        let (first, last) = ((reach.min() ?? 40) - 24, (reach.max() ?? 40) + 24)
        // One that is shorter than its name grows to both sides, so that it stays below the middle of what it joins.
        let width = max(barWidth(bar), last - first)
        let left = max(16, (first + last - width) / 2)
        svg.rectangle(x: left, y: barTops[bar], width: width, height: Self.barHeight, radius: 6, fill: colour(bar))
        svg.text(name, x: left + 10, y: barTops[bar] + 16.5, size: 12, colour: "#ffffff", isBold: true)
    }

    /// A dot where a way ends at a bar tells it from one that goes on behind it.
    private mutating func drawDots(of box: LabGraph.Box, _ index: Int) {
        for (number, place) in places(of: box, index).enumerated() {
            let edge = barTops[place.way.bar] + (number == 0 ? Self.barHeight : 0)
            svg.dot(x: place.x, y: edge, colour: colour(place.way.bar))
        }
    }

    private mutating func drawBox(_ box: LabGraph.Box, _ index: Int) {
        let (x, width) = columns[index]
        let top = boxTop(index)
        svg.rectangle(
            x: x, y: top, width: width, height: boxHeight(box), radius: 6, fill: box.isHost ? "#e4ebf3" : "#fffbea",
            stroke: box.isHost ? "#486581" : "#8d6b1f")
        svg.text(box.name, x: x + width / 2, y: top + 20, size: 14, isBold: true, anchor: .middle)
        for (line, note) in box.notes.enumerated() {
            svg.text(
                note, x: x + width / 2, y: top + 34 + Double(line) * Self.lineHeight, size: 11, colour: "#52606d",
                anchor: .middle)
        }
    }
}
