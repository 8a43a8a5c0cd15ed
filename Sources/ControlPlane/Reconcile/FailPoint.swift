import Glibc

/// Where a crash test can end the daemon: `HEDDLE_FAIL_AT=<name>` in its environment makes it leave at once with status
/// 137, as after kill -9, when it comes by that point. Without the variable a point costs one comparison.
public enum FailPoint: String, Sendable, CaseIterable {
    /// A network is recorded; nothing is made.
    case networkRecorded = "network-recorded"
    /// Its host port's TAP is made, not yet marked.
    case networkHostMade = "network-host-made"
    /// Its host port is marked, addressed and up; the engine doesn't know.
    case networkHostWired = "network-host-wired"
    /// The engine knows domain and host port; the record still says "creating".
    case networkConfigured = "network-configured"
    /// Everything is done; the client has no answer.
    case networkDone = "network-done"
    /// A network's removal is recorded.
    case networkRemoving = "network-removing"
    /// Domain and host port are gone; the record is there.
    case networkRemoved = "network-removed"
    /// A tunnel is recorded; its sockets aren't open.
    case tunnelRecorded = "tunnel-recorded"
    /// Its sockets are open; the engine doesn't know.
    case tunnelOpened = "tunnel-opened"
    /// The engine has the tunnel; no network uses it yet.
    case tunnelConfigured = "tunnel-configured"
    /// The engine has closed a tunnel that no network uses any more; the record is there.
    case tunnelUnplugged = "tunnel-unplugged"
    /// A peer more or less is recorded; the engine doesn't know.
    case peerRecorded = "peer-recorded"
    /// A static remote station more or less is recorded; the engine doesn't know.
    case stationRecorded = "station-recorded"
    /// An overlay's new MTU is recorded; its interfaces have the old one.
    case mtuRecorded = "mtu-recorded"
    /// An endpoint is recorded; nothing is made.
    case attachRecorded = "attach-recorded"
    /// Its TAP or pair is made in the private namespace.
    case attachMade = "attach-made"
    /// The interface is marked and prepared in the private namespace.
    case attachPrepared = "attach-prepared"
    /// The interface is in the sandbox, under its name.
    case attachMoved = "attach-moved"
    /// The interface is addressed, up and routed; the engine doesn't know.
    case attachWired = "attach-wired"
    /// The engine has the port; the record still says "creating".
    case attachConfigured = "attach-configured"
    /// Everything is done; the client has no answer.
    case attachDone = "attach-done"
    /// A detach is recorded.
    case detachRecorded = "detach-recorded"
    /// The engine has closed the port; the interface is there. Also while a failed attach is undone, and when an
    /// endpoint goes.
    case detachUnplugged = "detach-unplugged"
    /// The interface is gone; the record is there. Also while a failed attach is undone.
    case detachRemoved = "detach-removed"
    /// A publish is recorded; its ports aren't open.
    case publishRecorded = "publish-recorded"
    /// The ports of a publish are open; the client has no answer. Also while a sandbox is attached or comes back.
    case publishOpened = "publish-opened"
    /// A publish is forgotten; its ports are open.
    case publishForgotten = "publish-forgotten"
    /// An adoption is recorded; the packet socket isn't open.
    case adoptRecorded = "adopt-recorded"
    /// The engine has the adopted interface's port; the record still says "creating".
    case adoptConfigured = "adopt-configured"
    /// A release is recorded.
    case releaseRecorded = "release-recorded"
    /// An engine was started; it has no configuration yet.
    case engineStarted = "engine-started"
    /// The state is read and compared; nothing is repaired yet.
    case recoveryPlanned = "recovery-planned"
    /// An endpoint is recorded as gone; its resources are not freed.
    case goneRecorded = "gone-recorded"
    /// A sandbox came back; its endpoint is to be wired again.
    case returnRecorded = "return-recorded"
    /// An endpoint of Docker's is recorded; nothing is made.
    case dockerEndpointRecorded = "docker-endpoint-recorded"
    /// Its interface is made; Docker has no answer.
    case dockerEndpointDone = "docker-endpoint-done"
    /// A pool of addresses is recorded; Docker has no answer.
    case dockerPoolRecorded = "docker-pool-recorded"
    /// An address is recorded; Docker has no answer.
    case dockerAddressRecorded = "docker-address-recorded"

    private static let chosen: FailPoint? = getenv("HEDDLE_FAIL_AT").flatMap {
        FailPoint(rawValue: String(cString: $0))
    }

    /// Ends the process if this is the chosen point.
    static func pass(_ point: FailPoint) {
        if point == chosen { _exit(137) }
    }

    /// The text of the variable that names no point, or nil: told to the user at start.
    public static var unknownChoice: String? {
        guard let text = getenv("HEDDLE_FAIL_AT").map({ String(cString: $0) }), !text.isEmpty else { return nil }
        return FailPoint(rawValue: text) == nil ? text : nil
    }
}
