import Addresses
import DataPlane
import Glibc
import Testing

extension RealKernel {
    /// Two sandboxes on TAPs and one on a veth pair, with addresses 10.0.0.1…3.
    final class ThreeSandboxes {
        let sandboxes: [LabNamespace]
        let lab: SwitchLab

        init(io: IOChoice) throws {
            sandboxes = [try LabNamespace(), try LabNamespace(), try LabNamespace()]
            lab = try SwitchLab(io: io)
            try lab.addTap(1, in: sandboxes[0])
            try lab.addTap(2, in: sandboxes[1])
            try lab.addVeth(3, in: sandboxes[2])
            for (index, sandbox) in sandboxes.enumerated() {
                try sandbox.addAddress("10.0.0.\(index + 1)/24", to: "eth0")
            }
        }

        func address(_ index: Int) -> IPv4Address {
            IPv4Address(10, 0, 0, UInt8(index + 1))
        }
    }

    @Suite("Real protocols between sandboxes")
    struct TrafficTests {
        @Test("ping and TCP between every two, every byte compared", arguments: IOChoice.onThisKernel)
        func everyPair(io: IOChoice) throws {
            let three = try ThreeSandboxes(io: io)
            for from in 0..<3 {
                for target in 0..<3 where target != from {
                    try Talk.ping(from: three.sandboxes[from], to: three.address(target))
                    try Talk.ping(from: three.sandboxes[from], to: three.address(target), count: 2, payload: 1_472)
                    // In fragments.
                    try Talk.ping(from: three.sandboxes[from], to: three.address(target), count: 2, payload: 20_000)
                    try Talk.transfer(
                        from: three.sandboxes[from], to: three.sandboxes[target], at: three.address(target),
                        bytes: 20_000_000)
                }
            }
            for port in UInt16(1)...3 {
                let counted = three.lab.counters(port)
                #expect(counted.ingressCloses && counted.drops == [:], "port \(port)")
            }
        }

        @Test("super-frames stay super-frames", arguments: IOChoice.onThisKernel, [1, 2])
        func superframes(io: IOChoice, target: Int) throws {
            let three = try ThreeSandboxes(io: io)
            let bytes = 40_000_000
            try Talk.transfer(
                from: three.sandboxes[0], to: three.sandboxes[target], at: three.address(target), bytes: bytes)
            try three.lab.waitForQuiet()
            let ingress = three.lab.counters(1)
            let egress = three.lab.counters(UInt16(target + 1))
            // All that the first says goes to the other.
            #expect(egress.sentFrames == ingress.receivedFrames && egress.sentBytes == ingress.receivedBytes)
            #expect(egress.sentSuperframes == ingress.receivedSuperframes)
            #expect(ingress.receivedSuperframes > 0)
            // Cut into segments it would be 27,600 frames and more.
            #expect(ingress.receivedFrames < UInt64(bytes / 1_448 / 4), "\(ingress)")
            #expect(ingress.drops == [:] && egress.drops == [:])
        }
    }
}
