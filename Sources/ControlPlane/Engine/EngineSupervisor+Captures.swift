import DataPlane
import Glibc
import Logging
import SystemPackage

/// A capture as the engine shall run it; the supervisor owns the ring's descriptor.
struct EngineCapture {
    var configuration: CaptureConfiguration
    var descriptor: Int32
}

/// Captures: told to the engine when they begin, and to the next one when it is there.
extension EngineSupervisor {
    /// Begins a capture. Takes over the ring's descriptor.
    func start(_ configuration: CaptureConfiguration, descriptor: Int32) throws(EngineFailure) {
        captures[configuration.number] = EngineCapture(configuration: configuration, descriptor: descriptor)
        do throws(EngineFailure) {
            try ask(.startCapture(configuration), passing: descriptor, what: "a capture")
        } catch {
            close(descriptor)
            captures[configuration.number] = nil
            throw error
        }
    }

    /// Ends a capture; while there is no engine, the next one isn't told.
    func endCapture(_ number: UInt32) {
        guard let capture = captures.removeValue(forKey: number) else { return }
        close(capture.descriptor)
        guard link != nil else { return }
        do throws(EngineFailure) {
            try ask(.stopCapture(number), what: "the end of a capture", missingIsFine: true)
        } catch {
            log.warning("\(error)")
        }
    }

    /// Tells an engine that knows all else what shall be captured; a port that is missing is captured when it comes. Not
    /// worth failing for.
    func tellCaptures() throws(EngineFailure) {
        for capture in captures.values where capture.configuration.port == 0 || ports[capture.configuration.port] != nil
        {
            do throws(EngineFailure) {
                try tell(.startCapture(capture.configuration), passing: capture.descriptor, what: "a capture")
            } catch {
                guard case .refused = error else { throw error }
                lose(capture, error)
            }
        }
    }

    /// Tells of the captures of a port that was just told: its engine may have been started while it was missing. Not worth
    /// failing for.
    func tellCaptures(port id: UInt16) {
        for capture in captures.values where capture.configuration.port == id { tellAgain(capture) }
    }

    /// Tells the worker that has a domain now of the domain's own captures, before there are ports in it.
    func tellCaptures(domain id: UInt16) {
        for capture in captures.values where capture.configuration.port == 0 && capture.configuration.domain == id {
            tellAgain(capture)
        }
    }

    /// Ends what a worker captures of a domain and of its ports, which go to another worker.
    func takeCaptures(domain id: UInt16) throws(EngineFailure) {
        for (number, capture) in captures {
            let port = capture.configuration.port
            guard port == 0 ? capture.configuration.domain == id : ports[port]?.configuration.domain == id else {
                continue
            }
            try ask(.stopCapture(number), what: "a move of capture \(number)", missingIsFine: true)
        }
    }

    private func tellAgain(_ capture: EngineCapture) {
        do throws(EngineFailure) {
            try ask(.startCapture(capture.configuration), passing: capture.descriptor, what: "a capture")
        } catch .refused(_, .fileExists) {
            // It runs on.
        } catch {
            // One that isn't there is replaced, and the next is told.
            guard case .refused = error else { return log.warning("\(error)") }
            lose(capture, error)
        }
    }

    /// A capture that the engine refuses (that worker runs all that it can, say) must not go on without a frame. One
    /// whose port is not there is told with the port.
    private func lose(_ capture: EngineCapture, _ failure: EngineFailure) {
        log.warning("\(failure)")
        if case .refused(_, .noSuchFileOrDirectory) = failure { return }
        let number = capture.configuration.number
        loop.after(.zero) { [weak self] in self?.onCaptureLost(number, "\(failure)") }
    }
}
