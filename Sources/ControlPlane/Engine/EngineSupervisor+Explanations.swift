import DataPlane
import SystemPackage

/// What the engine would do with a frame. Changes nothing there.
extension EngineSupervisor {
    /// What would become of a frame, from the destination address on, that comes in by a port: of a domain, or an uplink's.
    ///
    /// Throws `EngineFailure`: ENOENT where the engine has no such port (any more), EINVAL for a port that receives no
    /// frames, EMSGSIZE beyond `MessageLimits.maximumFrame`.
    nonisolated(nonsending) func explain(port: UInt16, frame: [UInt8]) async throws -> [ExplanationStep] {
        try explain(port: port, domain: 0, frame: frame)
    }

    /// The same of a frame that comes out of a datagram of a VTEP, by its place, for a domain.
    nonisolated(nonsending) func explain(
        vtep: UInt16, domain: UInt16, frame: [UInt8]
    ) async throws -> [ExplanationStep] {
        try explain(port: vtep, domain: domain, frame: frame)
    }

    private func explain(port: UInt16, domain: UInt16, frame: [UInt8]) throws(EngineFailure) -> [ExplanationStep] {
        let what = "an explanation of a frame by port \(port)"
        // A longer one is no message.
        guard frame.count <= MessageLimits.maximumFrame else { throw .refused(what: what, .messageTooLong) }
        var steps: [ExplanationStep] = []
        try ask(.explain(port: port, domain: domain, frame: frame), what: what) { reply in
            if case .explanation(let found) = reply { steps = found }
        }
        // The request held, but not its answer.
        guard !steps.isEmpty else { throw .unavailable("it was replaced meanwhile") }
        return steps
    }
}
