import DataPlane
import Glibc
public import HeddleAPI
import Logging
import Netlink

extension Switchboard {
    /// See `ControlService`.
    public func detach(network name: String, sandbox text: String) throws(APIError) {
        var record = try findEndpoint(of: try findNetwork(name), sandbox: text)
        record.phase = .removing
        try save(record)
        FailPoint.pass(.detachRecorded)
        try undo(record, sandbox: nil)
        log.info("\(record.label) detached from \(name)")
    }

    /// The endpoint of a sandbox in a network, or a refusal.
    func findEndpoint(of network: NetworkRecord, sandbox text: String) throws(APIError) -> EndpointRecord {
        if let one = endpoints(of: network).first(where: { $0.isDockers && $0.sandbox == text }) { return one }
        let reference = try SandboxReference(checking: text)
        let members = endpoints(of: network).filter { $0.via != .adopted }
        // As it was given to attach, or the same namespace under another name.
        let found =
            members.first { $0.sandbox == text }
            ?? (try? SandboxSession(reference)).flatMap { sandbox in
                members.first { !$0.isGone && $0.cookie == sandbox.cookie }
            }
        guard let found else {
            let others = members.prefix(5).map(\.sandbox).joined(separator: ", ")
            throw .notFound(
                "the sandbox \(APIError.quoted(text)) is not attached to \(network.name)",
                hint: members.isEmpty ? "Nothing is." : "Attached are \(others).")
        }
        return found
    }

    /// Takes away what there is of an endpoint, and its record; fine if some of it is gone already.
    func undo(_ record: EndpointRecord, sandbox: SandboxSession?) throws(APIError) {
        closePublishes(of: record)
        dismantle(record, sandbox: sandbox)
        if record.phase == .removing { passOnDefaultRoute(of: record) }
        FailPoint.pass(.detachRemoved)
        do throws(APIError) {
            try forget(record)
        } catch {
            // The disk is full, say: nothing is left but the record, which another detach or the next start removes.
            endpointRecords[record.id]?.phase = .removing
            endpointRecords[record.id]?.isGone = true
            throw error
        }
    }

    /// Takes away an endpoint's port and devices wherever they are; `sandbox` saves opening it.
    func dismantle(_ record: EndpointRecord, sandbox: SandboxSession?) {
        unplug(port: record.port, isTap: record.via == .tap)
        FailPoint.pass(.detachUnplugged)
        if record.via == .adopted || !record.via.isWired { return }
        var isPairGone = false
        do throws(NetlinkError) {
            isPairGone = try maker.clean(port: record.port) && record.via == .veth
        } catch {
            log.warning("removing \(record.label): \(error)")
        }
        if record.isDockers { deleteHandedOut(record) }
        // A far end goes with its near end, unless that lies in a private namespace that was lost.
        if !isPairGone, let sandbox = sandbox ?? openAgain(record) { deleteInterface(of: record, in: sandbox) }
    }

    /// Ends a port: here, in the engine, and the TAP behind it.
    func unplug(port: UInt16, isTap: Bool) {
        // A TAP in a namespace that can't be reached any more goes with its last descriptor.
        if isTap, let held = engine.ports[port] { TapDevice.release(descriptor: held.descriptor) }
        engine.removePort(port)
    }

    /// The sandbox in which the endpoint was wired, if there is still a way to it.
    func openAgain(_ record: EndpointRecord) -> SandboxSession? {
        if record.isDockers { return dockerSandbox(of: record) }
        guard let reference = SandboxReference(record.sandbox), let sandbox = try? SandboxSession(reference) else {
            return nil
        }
        return sandbox.cookie == record.cookie ? sandbox : nil
    }

    private func deleteInterface(of record: EndpointRecord, in sandbox: SandboxSession) {
        do throws(NetlinkError) {
            let alias = mark.alias(of: record.id)
            let found = try sandbox.interface(marked: alias, index: record.index, name: record.ifname)
            if let found { try sandbox.route.deleteLinkIfThere(index: found.index) }
        } catch {
            log.warning("removing \(record.label): \(error)")
        }
    }
}
