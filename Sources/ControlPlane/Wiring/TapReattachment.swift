import DataPlane
import Glibc
import HeddleAPI
import Netlink
import SystemPackage

/// Attaching again to a persistent TAP when both processes had died.
enum TapReattachment {
    /// How long a dying holder may keep the TAP: some 20 ms were measured, more under load.
    private static let patience: Duration = .seconds(1)

    /// Attaches to the TAP `name` of the calling thread's namespace, which must have that index. Returns the
    /// descriptor, which is the caller's.
    static func attach(name: String, index: Int32, by route: RouteSocket, what: String) throws(APIError) -> Int32 {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                let descriptor = try TapDevice.attach(name: name)
                try check(descriptor, name: name, index: index, by: route, what: what)
                return descriptor
            } catch let error as PortError {
                guard error.errno == .resourceBusy, ContinuousClock.now < deadline else {
                    throw .refused(error, for: what)
                }
            } catch let error as APIError {
                throw error
            } catch {
                throw .failed("\(what): \(error)")
            }
            usleep(2_000)
        }
    }

    /// The kernel makes a new device where there was none.
    private static func check(
        _ descriptor: Int32, name: String, index: Int32, by route: RouteSocket, what: String
    ) throws(APIError) {
        let link = try? route.link(named: name)
        if link?.index == index { return }
        TapDevice.release(descriptor: descriptor)
        close(descriptor)
        throw .failed("\(what): the interface vanished")
    }
}
