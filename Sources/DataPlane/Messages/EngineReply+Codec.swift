import Addresses

extension EngineReply {
    /// Bytes of the version's text on the wire, zero-padded.
    private static let versionBytes = 32

    /// The message's bytes.
    public func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .acknowledgement(let sequence, let error):
            MessageHeader(type: 65, sequence: sequence).write(to: &writer)
            writer.write(error)
        case .information(let information):
            MessageHeader(type: 66, sequence: 0).write(to: &writer)
            writer.write(information.pid)
            writer.write(information.workers)
            writer.write(information.usesRing)
            writer.write(information.uptimeSeconds)
            let text = Array(information.version.utf8.prefix(Self.versionBytes - 1))
            writer.write(raw: text + [UInt8](repeating: 0, count: Self.versionBytes - text.count))
        case .descriptor(let port, let kind, let token):
            MessageHeader(type: 67, sequence: 0).write(to: &writer)
            writer.write(port)
            writer.write(kind.rawValue)
            writer.write(token)
        case .portGone(let port, let token, let error):
            MessageHeader(type: 68, sequence: 0).write(to: &writer)
            writer.write(port)
            writer.write(token)
            writer.write(error)
        case .kept(let number):
            MessageHeader(type: 69, sequence: 0).write(to: &writer)
            writer.write(number)
        case .nextHopWanted(let uplink, let address):
            MessageHeader(type: 70, sequence: 0).write(to: &writer)
            writer.write(uplink)
            writer.write(address)
        case .explanation(let steps):
            MessageHeader(type: 71, sequence: 0).write(to: &writer)
            let told = steps.prefix(ExplanationStep.most)
            writer.write(UInt16(told.count))
            for step in told { step.write(to: &writer) }
        }
        return writer.bytes
    }

    /// Reads a message; any bytes are safe.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(MessageError) -> EngineReply {
        var reader = ByteReader(bytes)
        let header = try MessageHeader(from: &reader)
        let reply: EngineReply
        switch header.type {
        case 65: reply = .acknowledgement(sequence: header.sequence, error: try reader.read())
        case 66:
            let pid = try reader.read(Int32.self)
            let workers = try reader.read(UInt16.self)
            let usesRing = try reader.readFlag()
            let uptime = try reader.read(UInt32.self)
            let text = try reader.readRaw(Self.versionBytes).prefix { $0 != 0 }
            guard text.count < Self.versionBytes else { throw .badField }
            reply = .information(
                EngineInformation(
                    pid: pid, version: String(decoding: text, as: UTF8.self), workers: workers, usesRing: usesRing,
                    uptimeSeconds: uptime))
        case 67:
            let port = try reader.read(UInt16.self)
            guard let kind = PortKind(rawValue: try reader.read()) else { throw .badField }
            reply = .descriptor(port: port, kind: kind, token: try reader.read())
        case 68:
            let port = try reader.read(UInt16.self)
            let token = try reader.read(UInt64.self)
            reply = .portGone(port: port, token: token, error: try reader.read())
        case 69: reply = .kept(try reader.read())
        case 70:
            let uplink = try reader.read(UInt16.self)
            reply = .nextHopWanted(uplink: uplink, address: try reader.readAddress())
        case 71:
            let count = try reader.read(UInt16.self)
            guard count <= ExplanationStep.most else { throw .badField }
            var steps: [ExplanationStep] = []
            for _ in 0..<count { steps.append(try ExplanationStep(from: &reader)) }
            reply = .explanation(steps)
        default: throw .unknownType(header.type)
        }
        try reader.finish()
        return reply
    }
}
