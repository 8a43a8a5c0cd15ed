import DataPlane

/// Outer frames one after the other: choice (1), length (2), virtio_net_hdr (10), frame. The choice says how many bytes
/// stand in front of the IP header (the lowest two bits), and what is done to the frame as if it were an inner one.
@_cdecl("heddle_fuzz_tunnel")
public func fuzzTunnel(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var input = FuzzInput(start, count: count)
    while !input.isEmpty {
        let choice = input.byte()
        let length = Int(input.number(bytes: 2))
        var header = input.take(VirtioNetHeader.length)
        header += [UInt8](repeating: 0, count: VirtioNetHeader.length - header.count)
        let frame = input.take(length)
        if choice & 4 != 0 {
            putInner(header: header, frame: frame, mark: choice &>> 3)
        } else {
            putOuter(header: header, frame: frame, networkOffset: [14, 18, 22, 0][Int(choice & 3)])
        }
    }
    return 0
}

/// An outer frame, and all the inner frames in it.
private func putOuter(header: [UInt8], frame: [UInt8], networkOffset: Int) {
    var inner: [(header: [UInt8], frame: [UInt8])] = []
    var mark: UInt8 = 0
    withExactBytes(frame) { memory in
        guard let outer = OuterDatagram(memory, length: frame.count, networkOffset: networkOffset) else { return }
        require(outer.payloadOffset + outer.payloadLength <= frame.count, "a datagram past the frame's end")
        require(outer.payloadLength >= 0 && outer.congestion < 4, "a datagram's fields")
        mark = outer.congestion
        if !outer.hasChecksum { require(outer.isChecksumRight(), "a checksum that isn't there is wrong") }
        _ = outer.hasRightHeader && outer.isChecksumRight()
        withExactBytes(header) { vnet in
            guard var train = DatagramTrain(header: vnet, outer: outer) else { return }
            var piece = DatagramTrain.Piece()
            let end = outer.payloadOffset + outer.payloadLength
            var next = outer.payloadOffset
            var truncated: Int?
            while train.next(&piece) {
                if let before = truncated {
                    // Pieces that are all shorter than a VXLAN header.
                    require(piece.isTruncated && piece.vxlanOffset > before, "a whole piece behind a truncated one")
                } else {
                    require(piece.vxlanOffset == next, "a gap between two pieces")
                }
                if piece.isTruncated {
                    require(piece.vxlanOffset <= end, "a truncated piece past the end")
                    truncated = piece.vxlanOffset
                    next = end
                    continue
                }
                next = piece.innerOffset + piece.innerLength
                require(piece.innerLength >= 0 && next <= frame.count, "a piece past the frame's end")
                let view = VXLANView(memory + piece.vxlanOffset, available: next - piece.vxlanOffset)
                require(view != nil && (view?.vni ?? 0) <= 0xFF_FFFF, "a VNI")
                inner.append(([], Array(frame[piece.innerOffset..<next])))
                require(inner.count <= 128, "too many pieces")
            }
            require(next == end || inner.isEmpty, "bytes were left over")
            withExactBytes(header) { written in
                train.writeInnerHeader(into: written)
                for index in inner.indices { inner[index].header = bytes(written, VirtioNetHeader.length) }
            }
        }
        require(bytes(memory, frame.count) == frame, "an outer frame was changed")
    }
    for (header, frame) in inner { putInner(header: header, frame: frame, mark: mark) }
    merge(inner.map(\.frame))
}

/// An inner frame: marked, hashed, answered, and cut if it is a super-frame.
private func putInner(header: [UInt8], frame: [UInt8], mark: UInt8) {
    checkMark(frame, mark: mark)
    withExactBytes(frame) { memory in
        _ = FlowHash.of(memory, length: frame.count)
        checkAnswers(memory, length: frame.count)
        withExactBytes(header) { vnet in
            guard !VirtioNetHeader.check(vnet, frame: memory, length: frame.count).isDrop else { return }
            checkCut(header: vnet, frame: memory, length: frame.count)
        }
        require(bytes(memory, frame.count) == frame, "an inner frame was changed")
    }
}

/// A mark that was brought in is there, is not brought in twice, and leaves all else as it was.
private func checkMark(_ frame: [UInt8], mark: UInt8) {
    withExactBytes(frame) { memory in
        let before = CongestionMark.encapsulated(memory, length: frame.count)
        let goesOn = CongestionMark.decapsulate(outer: mark, frame: memory, length: frame.count)
        let after = CongestionMark.encapsulated(memory, length: frame.count)
        let marked = bytes(memory, frame.count)
        if !goesOn { require(before == 0 && mark & 3 == 3, "a frame was dropped") }
        if before == after { require(marked == frame, "a mark that didn't change changed something") }
        _ = CongestionMark.decapsulate(outer: mark, frame: memory, length: frame.count)
        require(bytes(memory, frame.count) == marked, "a mark was brought in twice")
    }
}

/// What is sent back fits its buffer, and leads to nothing more.
private func checkAnswers(_ frame: UnsafeRawPointer, length: Int) {
    let router = TooBigMessage.Router(mac: 0x0200_0A00_00FE, ipv4: length & 1 == 0 ? 0x0A00_0001 : 0)
    withExactBytes([UInt8](repeating: 0, count: TooBigMessage.maximumLength)) { buffer in
        let count = TooBigMessage.write(for: frame, length: length, mtu: 1400, router: router, into: buffer)
        require(count <= TooBigMessage.maximumLength, "a message is too long")
        let message = bytes(buffer, count)
        withExactBytes(message) { message in
            let again = TooBigMessage.write(for: message, length: count, mtu: 1400, router: router, into: buffer)
            require(again == 0, "an error was answered with an error")
        }
    }
    guard let question = NeighbourQuestion(frame, length: length) else { return }
    withExactBytes([UInt8](repeating: 0, count: NeighbourQuestion.maximumLength)) { buffer in
        let count = question.writeAnswer(mac: 0x0200_0A00_0003, isRouter: length & 1 == 0, into: buffer)
        require(count <= NeighbourQuestion.maximumLength, "an answer is too long")
        require(NeighbourQuestion(buffer, length: count) == nil, "an answer is a question")
    }
}

/// A super-frame is cut without a gap, into segments whose checksums are right and that make the same super-frame again.
private func checkCut(header: UnsafeMutableRawPointer, frame: UnsafeMutableRawPointer, length: Int) {
    guard let cutter = SegmentCutter(header: header, frame: frame, length: length) else { return }
    require(Int(header.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) == cutter.headerLength, "hdr_len")
    // What the sender says of its pseudo-header is kept: only a right one makes right checksums.
    let finished = bytes(frame, length)
    let isRight = withExactBytes(finished) { memory -> Bool in
        let start = header.loadUnaligned(fromByteOffset: 6, as: UInt16.self)
        let offset = header.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        guard Checksum.complete(memory, length: length, start: start, offset: offset) else { return false }
        return TCPSegment(memory, length: length)?.isChecksumRight() ?? false
    }
    var segments: [[UInt8]] = []
    var end = cutter.headerLength
    withExactBytes([UInt8](repeating: 0, count: cutter.headerLength)) { head in
        for index in 0..<cutter.count {
            require(cutter.payloadOffset(index) == end, "a gap between two segments")
            end += cutter.payloadCount(index)
            require(end <= length && cutter.payloadCount(index) > 0, "a segment past the frame's end")
            cutter.writeHead(index, into: head)
            segments.append(bytes(head, cutter.headerLength) + finished[cutter.payloadOffset(index)..<end])
        }
    }
    require(end == length, "payload was left over")
    guard isRight, segments.count > 1, segments.count <= SegmentRun.longest else { return }
    require(merge(segments) == segments.count, "segments of one super-frame were not put together")
}

/// Puts frames together as long as they follow one another; returns how many of the first ones did.
@discardableResult
private func merge(_ frames: [[UInt8]]) -> Int {
    guard let front = frames.first else { return 0 }
    return withExactBytes(front) { memory in
        guard let first = TCPSegment(memory, length: front.count) else { return 0 }
        var run = SegmentRun(first: first)
        var payload = first.payloadLength
        for frame in frames.dropFirst() {
            let added = withExactBytes(frame) { next in
                guard let segment = TCPSegment(next, length: frame.count), segment.isChecksumRight() else { return 0 }
                return run.append(segment) ? segment.payloadLength : 0
            }
            if added == 0 { break }
            payload += added
        }
        require(run.payloadLength == payload && run.count <= SegmentRun.longest, "a run's size")
        require(run.totalLength <= Ethernet.maximumLength, "a run is too long")
        guard run.count > 1 else { return run.count }
        withExactBytes([UInt8](repeating: 0, count: VirtioNetHeader.length)) { header in
            run.finish(header: header, frame: memory)
            checkFinished(run, header: header, front: bytes(memory, front.count))
        }
        return run.count
    }
}

/// The kernel would take the merged frame as it is, and cut it where it was cut before.
private func checkFinished(_ run: SegmentRun, header: UnsafeMutableRawPointer, front: [UInt8]) {
    let before = bytes(header, VirtioNetHeader.length)
    let whole = front + [UInt8](repeating: 0, count: run.totalLength - front.count)
    withExactBytes(whole) { memory in
        let reason = VirtioNetHeader.check(header, frame: memory, length: whole.count)
        require(!reason.isDrop, "a merged frame was refused")
        require(bytes(header, VirtioNetHeader.length) == before, "a merged frame's header was changed")
        let cutter = SegmentCutter(header: header, frame: memory, length: whole.count)
        require(cutter?.count == run.count, "a merged frame is cut into another number of segments")
    }
}
