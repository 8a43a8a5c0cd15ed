import Glibc

extension Engine {
    /// Sets what happens to the packets of a port in one direction. What is said again disturbs nothing. What is said of a
    /// port that isn't there (ENOENT) is kept for it: when it comes, its first frame is impaired.
    func set(_ impairment: ImpairmentConfiguration) -> Int32 {
        guard let port = ports[impairment.port] else {
            awaitedImpairments[impairment.key] = impairment.settings.isEmpty ? nil : impairment
            return ENOENT
        }
        guard port.configuration.kind.isInDomain else { return ENOENT }
        if !impairment.settings.isEmpty { named?.impairments.insert(impairment.key) }
        guard impairments[impairment.key] ?? ImpairmentSettings() != impairment.settings else { return 0 }
        let result = mailbox(domain: port.configuration.domain).perform(.impair(impairment))
        if result == 0 { impairments[impairment.key] = impairment.settings.isEmpty ? nil : impairment.settings }
        return result
    }

    /// A port is gone, and what happened to its packets with it.
    func forgetImpairments(port: UInt16) {
        for isOut in [false, true] { impairments[ImpairmentConfiguration.Key(port: port, isOut: isOut)] = nil }
        _ = takeAwaitedImpairments(port: port)
    }

    /// What happens to the packets of a port now.
    func toldImpairments(of port: UInt16) -> [ImpairmentConfiguration] {
        [false, true].compactMap { isOut in
            impairments[ImpairmentConfiguration.Key(port: port, isOut: isOut)].map {
                ImpairmentConfiguration(port: port, isOut: isOut, settings: $0)
            }
        }
    }

    /// What was kept for a port that comes now, or never will.
    func takeAwaitedImpairments(port: UInt16) -> [ImpairmentConfiguration] {
        [false, true].compactMap {
            awaitedImpairments.removeValue(forKey: ImpairmentConfiguration.Key(port: port, isOut: $0))
        }
    }
}
