import Glibc
import SystemPackage

/// Why a lab could not do its part: not the verdict on what is tested.
struct LabError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A failed system call, with errno's reason.
    static func system(_ what: String) -> LabError {
        LabError("\(what): \(Errno(rawValue: errno))")
    }
}
