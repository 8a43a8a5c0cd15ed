import Glibc
import SystemPackage

extension Engine {
    /// Begins a capture in the worker that has the port or the domain. The ring's descriptor stays the caller's.
    func start(_ capture: CaptureConfiguration, _ descriptor: Int32?) -> Int32 {
        guard let descriptor else { return EBADF }
        guard captures[capture.number] == nil else { return EEXIST }
        let mailbox: Mailbox
        if capture.port != 0 {
            guard let port = ports[capture.port] else { return ENOENT }
            mailbox = self.mailbox(domain: port.configuration.domain)
        } else {
            guard domains[capture.domain] != nil else { return ENOENT }
            mailbox = self.mailbox(domain: capture.domain)
        }
        let memory: CaptureMemory
        do throws(Errno) {
            // Here and not in the worker: it takes a moment.
            memory = try CaptureMemory(descriptor: descriptor)
        } catch {
            return error.rawValue
        }
        let result = mailbox.perform(.startCapture(capture, memory))
        if result == 0 { captures[capture.number] = mailbox }
        return result
    }

    /// Ends a capture.
    func stopCapture(_ number: UInt32) -> Int32 {
        guard let mailbox = captures.removeValue(forKey: number) else { return ENOENT }
        return mailbox.perform(.stopCapture(number))
    }

    /// Nobody reads what is captured any more.
    func endCaptures() {
        for number in captures.keys { _ = stopCapture(number) }
    }
}
