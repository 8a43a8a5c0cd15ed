/// What happens to the packets of a port in one direction; part of a whole configuration. It goes with its port.
public struct ImpairmentConfiguration: Sendable, Hashable {
    /// A port of a domain.
    public var port: UInt16
    /// What goes to the sandbox, and not what comes from it.
    public var isOut: Bool
    /// Empty: nothing, from now on.
    public var settings: ImpairmentSettings

    /// Makes a configuration.
    public init(port: UInt16, isOut: Bool, settings: ImpairmentSettings) {
        self.port = port
        self.isOut = isOut
        self.settings = settings
    }

    /// What makes an impairment one of the engine's.
    struct Key: Hashable {
        var port: UInt16
        var isOut: Bool
    }

    var key: Key { Key(port: port, isOut: isOut) }
}

extension ImpairmentConfiguration {
    func write(to writer: inout ByteWriter) {
        writer.write(port)
        writer.write(isOut)
        settings.write(to: &writer)
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        port = try reader.read()
        isOut = try reader.readFlag()
        settings = try ImpairmentSettings(from: &reader)
    }
}

extension ImpairmentSettings {
    func write(to writer: inout ByteWriter) {
        writer.write(delay)
        writer.write(jitter)
        writer.write(isNormal)
        for share in [loss, badLoss, toBad, toGood, duplicate, reorder, corrupt] { writer.write(share) }
        writer.write(gap)
        writer.write(rate)
        writer.write(queue)
        writer.write(seed)
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        delay = try reader.read()
        jitter = try reader.read()
        isNormal = try reader.readFlag()
        loss = try reader.read()
        badLoss = try reader.read()
        toBad = try reader.read()
        toGood = try reader.read()
        duplicate = try reader.read()
        reorder = try reader.read()
        corrupt = try reader.read()
        gap = try reader.read()
        rate = try reader.read()
        queue = try reader.read()
        seed = try reader.read()
        guard isSound else { throw .badField }
    }
}
