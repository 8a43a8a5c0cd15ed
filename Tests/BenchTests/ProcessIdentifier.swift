import Glibc

/// This test process.
enum ProcessIdentifier {
    static var own: Int32 { getpid() }
}
