import DataPlane
import Glibc
import Logging

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

    /// Tells an engine that knows all else what shall be captured. Not worth failing for.
    func tellCaptures() throws(EngineFailure) {
        for capture in captures.values {
            do throws(EngineFailure) {
                try tell(.startCapture(capture.configuration), passing: capture.descriptor, what: "a capture")
            } catch {
                guard case .refused = error else { throw error }
                log.warning("\(error)")
            }
        }
    }
}
