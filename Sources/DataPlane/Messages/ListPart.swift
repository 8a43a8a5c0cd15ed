/// What is told in a list too long for one message.
public protocol ListedConfiguration: Sendable, Hashable {
    /// Most that one message can hold.
    static var maximumPerMessage: Int { get }
    /// Most that the engine can hold.
    static var maximum: Int { get }
}

/// A part of a list; the list is true with its last part.
public struct ListPart<Item: ListedConfiguration>: Sendable, Hashable {
    /// Nothing of an earlier list is left.
    public var isFirst: Bool
    /// The list is whole.
    public var isLast: Bool
    /// At most `Item.maximumPerMessage`.
    public var items: [Item]

    /// Makes a part; items that a message can't hold are left out.
    public init(isFirst: Bool, isLast: Bool, items: [Item]) {
        self.isFirst = isFirst
        self.isLast = isLast
        self.items = Array(items.prefix(Item.maximumPerMessage))
    }

    /// A whole list in parts; one of an empty list.
    public static func parts(of list: [Item]) -> [ListPart] {
        var parts: [ListPart] = []
        var start = 0
        repeat {
            let end = min(start + Item.maximumPerMessage, list.count)
            parts.append(ListPart(isFirst: start == 0, isLast: end == list.count, items: Array(list[start..<end])))
            start = end
        } while start < list.count
        return parts
    }
}

/// A listed configuration as bytes.
protocol ListedMessage: ListedConfiguration {
    func write(to writer: inout ByteWriter)
    init(from reader: inout ByteReader) throws(MessageError)
}

extension ListPart where Item: ListedMessage {
    func write(to writer: inout ByteWriter) {
        writer.write(isFirst)
        writer.write(isLast)
        writer.write(UInt16(items.count))
        for item in items { item.write(to: &writer) }
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        let isFirst = try reader.readFlag()
        self.init(isFirst: isFirst, isLast: try reader.readFlag(), items: [])
        let count = try reader.read(UInt16.self)
        guard count <= Item.maximumPerMessage else { throw .badField }
        for _ in 0..<count { items.append(try Item(from: &reader)) }
    }
}
