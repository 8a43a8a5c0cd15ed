import Glibc

/// System calls under other names than those of methods that use them.
enum RelaySystem {
    /// close(2).
    static func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }
}
