import DataPlane
import Logging

/// One direction of a port.
struct ImpairmentPlace: Hashable, Sendable {
    var port: UInt16
    var isOut: Bool
}

/// What shall happen to packets on purpose: told as soon as the port is there, and with every whole configuration.
extension EngineSupervisor {
    /// Sets what happens to the packets of a port in one direction; empty settings end it.
    func set(_ impairment: ImpairmentConfiguration) throws(EngineFailure) {
        let place = ImpairmentPlace(port: impairment.port, isOut: impairment.isOut)
        let before = impairments[place]
        hold(impairment)
        guard link != nil, ports[impairment.port] != nil else { return }
        do throws(EngineFailure) {
            try ask(.impairment(impairment), what: "an impairment of port \(impairment.port)")
        } catch {
            // One that isn't there is told when it comes. One that doesn't answer is there, and may never do it.
            guard case .unavailable = error, link == nil else {
                impairments[place] = before
                throw error
            }
        }
    }

    /// Records what the engine shall be told when the port comes.
    func hold(_ impairment: ImpairmentConfiguration) {
        let place = ImpairmentPlace(port: impairment.port, isOut: impairment.isOut)
        impairments[place] = impairment.settings.isEmpty ? nil : impairment
    }

    /// The port's number is free for others.
    func forgetImpairments(port: UInt16) {
        for isOut in [false, true] { impairments[ImpairmentPlace(port: port, isOut: isOut)] = nil }
    }

    /// Tells what happens to the packets of a port that was just told, or comes next. Not worth failing for.
    func tellImpairments(port: UInt16, isThere: Bool = true) {
        for isOut in [false, true] {
            guard let impairment = impairments[ImpairmentPlace(port: port, isOut: isOut)] else { continue }
            do throws(EngineFailure) {
                try ask(
                    .impairment(impairment), what: "an impairment of port \(port)", missingIsFine: !isThere)
            } catch {
                log.warning("\(error)")
            }
        }
    }

    /// The part of the whole configuration that the ports must be there for.
    func tellImpairments() throws(EngineFailure) {
        for impairment in impairments.values where ports[impairment.port] != nil {
            do throws(EngineFailure) {
                try tell(.impairment(impairment), what: "an impairment of port \(impairment.port)")
            } catch {
                guard case .refused = error else { throw error }
                log.warning("\(error)")
            }
        }
    }
}
