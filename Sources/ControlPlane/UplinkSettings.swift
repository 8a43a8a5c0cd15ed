import HeddleAPI

/// The interfaces of the host by which translated traffic may leave.
public struct UplinkSettings: Hashable, Sendable {
    /// As they were named; empty: those that the kernel's routes name.
    public let names: [String]

    /// Checks names; whether there are such interfaces shows later.
    public init(names: [String] = []) throws(ControlError) {
        for (position, name) in names.enumerated() {
            do throws(APIError) {
                _ = try AttachSpecification.interfaceName(name)
            } catch {
                throw ControlError(error.message)
            }
            if name == "lo" { throw ControlError("lo is the loopback device, which leads nowhere") }
            if names[..<position].contains(name) { throw ControlError("the uplink \(name) is named twice") }
        }
        self.names = names
    }
}
