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
        writer.write(settings.delay)
        writer.write(settings.jitter)
        writer.write(settings.isNormal)
        for share in [settings.loss, settings.badLoss, settings.toBad, settings.toGood] { writer.write(share) }
        for share in [settings.duplicate, settings.reorder, settings.corrupt] { writer.write(share) }
        writer.write(settings.gap)
        writer.write(settings.rate)
        writer.write(settings.queue)
        writer.write(settings.seed)
    }

    init(from reader: inout ByteReader) throws(MessageError) {
        port = try reader.read()
        isOut = try reader.readFlag()
        settings = ImpairmentSettings()
        settings.delay = try reader.read()
        settings.jitter = try reader.read()
        settings.isNormal = try reader.readFlag()
        settings.loss = try reader.read()
        settings.badLoss = try reader.read()
        settings.toBad = try reader.read()
        settings.toGood = try reader.read()
        settings.duplicate = try reader.read()
        settings.reorder = try reader.read()
        settings.corrupt = try reader.read()
        settings.gap = try reader.read()
        settings.rate = try reader.read()
        settings.queue = try reader.read()
        settings.seed = try reader.read()
        guard settings.isSound else { throw .badField }
    }
}
