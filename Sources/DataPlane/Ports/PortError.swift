public import SystemPackage

/// Why a port's descriptor could not be opened.
public struct PortError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the kernel said.
    public var errno: Errno
    /// What was being opened: "TAP eth0", "packet socket on interface 7".
    public var subject: String
    /// Who has what was wanted, where that is known.
    public var holder: PortHolder?

    /// Makes an error.
    public init(errno: Errno, subject: String, holder: PortHolder? = nil) {
        self.errno = errno
        self.subject = subject
        self.holder = holder
    }

    /// The thing, the reason and, where one is known, the way out; who has a port, of which the caller says what to do.
    public var description: String {
        let reason = "cannot open \(subject): \(errno)"
        switch errno {
        case .noSuchFileOrDirectory, .noSuchAddressOrDevice, .operationNotSupportedByDevice:
            guard subject.hasPrefix("TAP") else { return reason }
            return reason + "; this kernel has no /dev/net/tun (load the module tun, or give the container that device)"
        case .notPermitted, .permissionDenied:
            return reason + "; CAP_NET_ADMIN and CAP_NET_RAW are needed (run as root)"
        case .addressInUse where holder != nil:
            return reason + (holder.map { "; \($0) has it" } ?? "")
        case .tooManyOpenFiles:
            return reason + "; raise the limit of open files (LimitNOFILE= of the service, or ulimit -n)"
        default:
            return reason
        }
    }
}
