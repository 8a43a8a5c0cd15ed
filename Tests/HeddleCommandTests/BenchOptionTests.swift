import ArgumentParser
import Bench
import Testing

@testable import heddle

@Suite("heddle bench: options")
struct BenchOptionTests {
    private func options(_ arguments: [String]) throws -> BenchOptions {
        try BenchCommand.parse(arguments).options()
    }

    @Test("--overlay changes what there is to choose from, and all else works as without")
    func overlay() throws {
        #expect(try options([]) == .full())
        #expect(try options(["--quick"]) == .quick())
        #expect(try options(["--overlay"]) == .full(.overlay))
        #expect(try options(["--overlay", "--quick"]) == .quick(.overlay))
        let chosen = try options([
            "--overlay", "--subjects", "vxlan,heddle-vxlan", "--tests", "tcp1,transfer", "--rounds", "7", "--seconds",
            "1.5", "--sizes", "60,1464",
        ])
        #expect(chosen.scene == .overlay && chosen.subjects == ["vxlan", "heddle-vxlan"])
        #expect(chosen.tests == ["tcp1", "transfer"] && chosen.rounds == 7 && chosen.seconds == 1.5)
        #expect(chosen.frameSizes == [60, 1_464])
    }

    @Test(
        "what is not of two hosts is refused",
        arguments: [
            ["--overlay", "--subjects", "bridge"], ["--overlay", "--tests", "attach"],
            ["--overlay", "--sizes", "1514"],
            ["--overlay", "--sandboxes", "3"], ["--subjects", "vxlan"], ["--tests", "transfer"],
        ])
    func refused(arguments: [String]) {
        #expect(throws: (any Error).self) { try options(arguments) }
    }

    @Test("--nat is a third kind of run")
    func nat() throws {
        #expect(try options(["--nat"]) == .full(.nat))
        #expect(try options(["--nat", "--quick"]) == .quick(.nat))
        let chosen = try options([
            "--nat", "--subjects", "nftables,heddle", "--tests", "connections,udp", "--rounds", "4",
        ])
        #expect(chosen.scene == .nat && chosen.subjects == ["nftables", "heddle"] && chosen.rounds == 4)
        #expect(chosen.tests == ["connections", "udp"])
    }

    @Test(
        "what is not of a gateway is refused",
        arguments: [
            ["--nat", "--overlay"], ["--nat", "--subjects", "bridge"], ["--nat", "--tests", "tcp1"],
            ["--nat", "--sandboxes", "3"], ["--nat", "--sizes", "60"], ["--tests", "connections"],
            ["--overlay", "--subjects", "nftables"],
        ])
    func refusedOfGateways(arguments: [String]) {
        #expect(throws: (any Error).self) { try options(arguments) }
    }

    @Test("--list tells the names of one kind of run")
    func list() {
        #expect(BenchCommand.listing(.overlay).contains("vxlan-to-heddle  "))
        #expect(!BenchCommand.listing(.overlay).contains("attach"))
        #expect(!BenchCommand.listing(.host).contains("vxlan"))
        #expect(BenchCommand.listing(.nat).contains("outgoing-connections  "))
        #expect(BenchCommand.listing(.nat).contains("heddle-relay  "))
        #expect(!BenchCommand.listing(.host).contains("nftables"))
    }
}
