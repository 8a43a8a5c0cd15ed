import Addresses
import DataPlane
import Glibc
import Testing

extension RealKernel {
    @Suite("Processor time")
    struct IdleTests {
        @Test("without traffic less than a hundredth of a processor", arguments: IOChoice.onThisKernel)
        func idle(io: IOChoice) throws {
            let sandboxes = [try LabNamespace(), try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io)
            try lab.addTap(1, in: sandboxes[0])
            try lab.addTap(2, in: sandboxes[1])
            try lab.addVeth(3, in: sandboxes[2])
            #expect(lab.processorShare(during: 500) < 0.01)
            // Nor after there was some.
            try lab.introduce(try sandboxes.map { try FrameSocket(in: $0) })
            usleep(150_000)
            #expect(lab.processorShare(during: 1_000) < 0.01)
        }

        @Test("the latency is held while frames flow, and let go when they don't", arguments: IOChoice.onThisKernel)
        func latency(io: IOChoice) throws {
            // A file in the place of /dev/cpu_dma_latency: what is written to it stands there one after the other.
            var template = Array("/tmp/hdt-latency-XXXXXX".utf8CString)
            let file = mkstemp(&template)
            try #require(file >= 0)
            defer { close(file) }
            let path = template.withUnsafeBufferPointer { buffer in
                String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            defer { unlink(path) }
            func wishes() -> [Int32] {
                var values = [Int32](repeating: -1, count: 64)
                let count = pread(file, &values, 256, 0)
                return Array(values[..<(max(count, 0) / 4)])
            }
            let sandboxes = [try LabNamespace(), try LabNamespace()]
            let lab = try SwitchLab(io: io, latency: path)
            try lab.addTap(1, in: sandboxes[0])
            try lab.addTap(2, in: sandboxes[1])
            #expect(wishes() == [])
            let sockets = try sandboxes.map { try FrameSocket(in: $0) }
            for _ in 0..<3 {
                let before = wishes().count
                try sockets[0].put(Frames.plain(to: Frames.broadcast, from: SwitchLab.mac(1).value))
                #expect(KernelLab.eventually { wishes().count > before })
                #expect(KernelLab.eventually { wishes().count.isMultiple(of: 2) })
            }
            // In turn, whatever the machine did meanwhile.
            for (index, wish) in wishes().enumerated() { #expect(wish == (index % 2 == 0 ? 0 : 2_000_000_000)) }
        }
    }
}
