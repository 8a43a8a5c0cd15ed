import Glibc

extension Engine {
    /// Tells the daemon what would become of a frame; an errno.
    func explain(_ frame: [UInt8], port: UInt16, domain: UInt16) -> Int32 {
        let mailbox: Mailbox
        if port >= VTEPTable.firstNumber {
            guard domains[domain] != nil else { return ENOENT }
            mailbox = self.mailbox(domain: domain)
        } else {
            guard let known = ports[port] else { return ENOENT }
            mailbox = self.mailbox(domain: known.configuration.domain)
        }
        guard frame.count <= MessageLimits.maximumFrame, let memory = ExplanationMemory(frame: frame) else {
            return EMSGSIZE
        }
        let result = mailbox.perform(.explain(port: port, domain: domain, memory))
        if result == 0 { send(.explanation(memory.steps)) }
        return result
    }
}
