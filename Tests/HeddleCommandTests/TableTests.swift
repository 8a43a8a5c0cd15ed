import Testing

@testable import heddle

/// The column printer.
struct TableTests {
    private func sample() -> Table {
        var table = Table([.left("NAME"), .right("COUNT"), .left("NOTE")])
        table.add(["a", "1", "first"])
        table.add(["longer name", "1234", ""])
        return table
    }

    @Test func alignsColumns() {
        #expect(
            sample().lines(styled: false) == [
                "NAME         COUNT  NOTE",
                "a                1  first",
                "longer name   1234",
            ])
    }

    @Test func hasOnlyTitlesWithoutRows() {
        #expect(Table([.left("A"), .right("B")]).text(styled: false) == "A  B\n")
    }

    @Test func fillsMissingCellsAndIgnoresFurtherOnes() {
        var table = Table([.left("A"), .left("B")])
        table.add(["x"])
        table.add(["x", "y", "z"])
        #expect(table.lines(styled: false) == ["A  B", "x", "x  y"])
    }

    @Test func stylesWithoutChangingTheAlignment() {
        var table = Table([.left("A"), .right("N"), .left("C")])
        table.add([Table.Cell("gone", .alarm), Table.Cell("7", .warning), "c"])
        let lines = table.lines(styled: true)
        #expect(lines[1] == "\u{1B}[31mgone\u{1B}[0m  \u{1B}[33m7\u{1B}[0m  c")
        #expect(lines[0].hasPrefix("\u{1B}[1mA\u{1B}[0m     \u{1B}[1mN"))
        #expect(table.lines(styled: false)[1] == "gone  7  c")
    }

    @Test func countsCharactersNotBytes() {
        var table = Table([.left("A"), .left("B")])
        table.add(["übergröße", "1"])
        table.add(["x", "2"])
        #expect(table.lines(styled: false)[2] == "x          2")
    }

    @Test func keepsControlCharactersOffTheTerminal() {
        var table = Table([.left("A")])
        table.add(["a\u{1B}[2Jb\nc\u{7F}\u{9B}"])
        #expect(table.lines(styled: true)[1] == "a?[2Jb?c??")
    }

    @Test func listsKeysAndValues() {
        var list = KeyValueList()
        list.add("id", "3f")
        list.add("addresses", ["10.0.0.2/24", "fd00::2/64"])
        list.add("aliases", [])
        list.add("name", "")
        #expect(
            list.text(styled: false) == """
                id         3f
                addresses  10.0.0.2/24
                           fd00::2/64
                aliases    -
                name       -

                """)
        #expect(list.text(styled: true).hasPrefix("\u{1B}[1mid\u{1B}[0m         3f\n"))
    }
}
