import DataPlane
import HeddleAPI
import Testing

@testable import ControlPlane

/// What is said of a network's parent, recorded and read again.
struct ParentSettingsTests {
    @Test(arguments: ParentMode.allCases)
    func comesBackAsItWas(mode: ParentMode) {
        for vlan in [nil, 1, 10, 4_094] as [UInt16?] {
            let settings = ParentSettings(interface: "eth0", vlan: vlan, mode: mode)
            #expect(ParentSettings(recorded: settings.options) == settings)
        }
        // An interface of that whole name.
        let whole = ParentSettings(interface: "eth0.10", mode: mode)
        #expect(ParentSettings(recorded: whole.options) == whole)
        #expect(whole.options["parent"] == "eth0.10" && whole.options["vlan"] == nil)
    }

    @Test func damageIsSeen() {
        for options in [
            [:], ["parent": "eth0"], ["mode": "bridge"], ["parent": "eth0", "mode": "hub"],
            ["parent": "eth0", "mode": "bridge", "vlan": "10"], ["parent": "eth0.10", "mode": "bridge", "vlan": "0"],
            ["parent": "eth0.10", "mode": "bridge", "vlan": "x"],
        ] {
            #expect(ParentSettings(recorded: options) == nil)
        }
    }

    @Test func dividesNameAndNumber() {
        let divided = ParentSettings(dividing: "bond.x.4094", mode: .bridge)
        #expect(divided?.interface == "bond.x" && divided?.vlan == 4_094)
        for text in ["eth0", "eth0.", ".10", "eth0.0", "eth0.010", "eth0.4095", "eth0.x", "eth0.-1", "eth0.99999"] {
            #expect(ParentSettings(dividing: text, mode: .bridge) == nil, "\(text)")
        }
    }

    @Test func aRecordKeepsItsParent() throws {
        let store = try Store(inMemory: ())
        var network = Samples.network(hostPort: nil)
        network.driver = ParentSettings.driver
        network.options = ParentSettings(interface: "eth0", vlan: 7, mode: .vepa).options
        (network.hostToken, network.hostIndex) = (0, 0)
        (network.parentPort, network.parentToken, network.parentIndex) = (12, 0xFFFF_0000_0000_0001, 3)
        try store.save(network)
        #expect(try store.load().networks == [network])
    }
}
