import Addresses

extension FrameDescription {
    /// Words that a description begins with.
    static func isBegin(_ word: String) -> Bool {
        kind(word) != nil
    }

    private static func kind(_ word: String) -> Kind? {
        switch word {
        case "tcp": .tcp(flags: 0x02)
        case "udp": .udp
        case "icmp": .icmp(isReply: false)
        case "icmp6", "icmpv6": .icmp6(isReply: false)
        case "arp": .arp
        case "nd": .neighbourSolicitation
        case "ether": .ethernet(type: localExperiment)
        default: nil
        }
    }

    /// IEEE 802's local experimental EtherType 1.
    private static let localExperiment: UInt16 = 0x88B5

    /// For where the rest of the text may have gone to.
    private static func quoted(_ example: String) -> String {
        "As in '\(example)', in a shell with the quotation marks: a bare > sends output to a file."
    }

    private static let options =
        "What may follow: flags, ttl, length, dont-fragment, vlan, smac, dmac, ether, reply, id, seq, type."

    /// Reads all words: `PROTOCOL [SOURCE] > DESTINATION [OPTION …]`.
    init(_ words: inout FrameWords) throws(FrameTextError) {
        guard let word = words.take(), let kind = Self.kind(word.lowered) else {
            throw words.refusal("there is no protocol", hint: Self.options)
        }
        self.init(kind)
        switch kind {
        case .ethernet: try readHardware(&words)
        case .arp, .neighbourSolicitation: try readQuestion(&words, word)
        default: try readAddresses(&words, word)
        }
        var said: Set<String> = []
        while let option = words.take() {
            try checkOnce(option, &said, words)
            try readOption(option, &words)
        }
        try check(word, words)
    }

    // MARK: addresses

    /// `[SOURCE] > DESTINATION`
    private mutating func readAddresses(_ words: inout FrameWords, _ proto: FrameWords.Word) throws(FrameTextError) {
        let isPorted = kind == .udp || kind == .tcp(flags: 0x02)
        let example = Self.example(kind)
        if !words.take(">", "to") {
            guard let word = words.take() else {
                throw words.refusal("where the packet goes isn't said", hint: Self.quoted(example))
            }
            let (address, port) = try Self.place(word, words, example, isPorted: isPorted)
            source = address
            if let port { sourcePort = port }
            guard words.take(">", "to") else {
                throw words.refusal(
                    "there is no '>' behind the source", at: words.peek,
                    hint: Self.quoted(example))
            }
        }
        guard let word = words.take() else {
            throw words.refusal("where the packet goes isn't said", hint: Self.quoted(example))
        }
        let (address, port) = try Self.place(word, words, example, isPorted: isPorted)
        destination = address
        if let port {
            destinationPort = port
        } else if isPorted {
            let shown = Self.bracketed(word.text) ?? (address.family == .v6 ? "[\(address)]:80" : "\(address):80")
            throw words.refusal("the destination has no port", at: word, hint: "As in '\(proto.lowered) > \(shown)'.")
        }
        try checkFamily(word, words)
    }

    /// `[who-has] TARGET [tell SENDER]`, or `SENDER > TARGET`.
    private mutating func readQuestion(_ words: inout FrameWords, _ proto: FrameWords.Word) throws(FrameTextError) {
        let example = Self.example(kind)
        _ = words.take("who-has")
        let isOnlyTarget = words.take(">", "to")
        guard let first = words.take() else {
            throw words.refusal("whose address is asked for isn't said", hint: "As in '\(example)'.")
        }
        destination = try Self.place(first, words, example, isPorted: false).address
        if !isOnlyTarget, words.take(">", "to") {
            source = destination
            guard let second = words.take() else {
                throw words.refusal("whose address is asked for isn't said", hint: "As in '\(example)'.")
            }
            destination = try Self.place(second, words, example, isPorted: false).address
        } else if words.take("tell") {
            guard let second = words.take() else {
                throw words.refusal("whom to tell isn't said", hint: "As in '\(example)'.")
            }
            source = try Self.place(second, words, example, isPorted: false).address
        }
        try checkFamily(first, words)
    }

    /// `[SOURCE] > DESTINATION`, both MAC addresses.
    private mutating func readHardware(_ words: inout FrameWords) throws(FrameTextError) {
        if !words.take(">", "to") {
            guard let word = words.take() else {
                throw words.refusal(
                    "where the frame goes isn't said", hint: "As in 'ether 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff'.")
            }
            sourceMAC = try Self.hardware(word, words)
            guard words.take(">", "to") else {
                throw words.refusal(
                    "there is no '>' behind the source", at: words.peek,
                    hint: "As in 'ether 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff'.")
            }
        }
        guard let word = words.take() else {
            throw words.refusal("where the frame goes isn't said", hint: "As in 'ether > ff:ff:ff:ff:ff:ff'.")
        }
        destinationMAC = try Self.hardware(word, words)
    }

    private static func hardware(_ word: FrameWords.Word, _ words: FrameWords) throws(FrameTextError) -> MACAddress {
        do throws(AddressError) {
            return try MACAddress(parsing: word.text)
        } catch {
            throw words.refusal("\(word.quoted) is no MAC address", at: word, hint: "As in '02:00:0a:00:00:02'.")
        }
    }

    /// An address, with its port: `10.0.0.1:80`, `[fd00::1]:80`, and tcpdump's `10.0.0.1.80`, `fd00::1.80`.
    private static func place(
        _ word: FrameWords.Word, _ words: FrameWords, _ example: String, isPorted: Bool
    ) throws(FrameTextError) -> (address: IPAddress, port: UInt16?) {
        var text = word.text[...]
        var port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw words.refusal("\(word.quoted) is no address", at: word, hint: "As in '[fd00::1]:80'.")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
            text = text[..<end].dropFirst()
        } else if IPAddress(String(text)) == nil {
            let isLonely = text.count { $0 == ":" } == 1
            if let cut = isLonely ? text.firstIndex(of: ":") : text.lastIndex(of: ".") {
                port = text[text.index(after: cut)...]
                text = text[..<cut]
            }
        }
        guard let address = IPAddress(String(text)) else {
            throw words.refusal("\(word.quoted) is no address", at: word, hint: "As in '\(example)'.")
        }
        guard let port else { return (address, nil) }
        guard isPorted else {
            throw words.refusal("\(word.quoted) has a port", at: word, hint: "Only tcp and udp have: '\(example)'.")
        }
        guard let number = FrameWords.number(String(port)), let value = UInt16(exactly: number) else {
            let isNumber = !port.isEmpty && port.allSatisfy { ("0"..."9").contains($0) }
            throw words.refusal(
                isNumber
                    ? "the port of \(word.quoted) is out of range" : "\(word.quoted) has no port behind the address",
                at: word, hint: "It is from 0 to 65535.")
        }
        return (address, value)
    }

    /// `[fd00::1]:80` for `fd00::1:80`, which is an address, too; nil: it doesn't look as if a port were meant.
    private static func bracketed(_ text: String) -> String? {
        guard let cut = text.lastIndex(of: ":"), let port = FrameWords.number(String(text[text.index(after: cut)...])),
            UInt16(exactly: port) != nil, case .v6 = IPAddress(String(text[..<cut]))
        else { return nil }
        return "[\(text[..<cut])]:\(port)"
    }

    private func checkFamily(_ word: FrameWords.Word, _ words: FrameWords) throws(FrameTextError) {
        guard let destination, let family else { return }
        for address in [destination, source].compactMap({ $0 }) where address.family != family {
            let isMixed = source.map { $0.family != destination.family } ?? false
            throw words.refusal(
                isMixed
                    ? "\(source.map { "\($0)" } ?? "") and \(destination) are of two families"
                    : "\(address) is no \(family) address", at: word, hint: "As in '\(Self.example(kind))'.")
        }
    }

    /// What is right.
    private static func example(_ kind: Kind) -> String {
        switch kind {
        case .tcp: "tcp 10.0.0.1:1000 > 10.0.0.2:80"
        case .udp: "udp [fd00::1]:1000 > [fd00::2]:53"
        case .icmp: "icmp 10.0.0.1 > 10.0.0.2"
        case .icmp6: "icmp6 fd00::1 > fd00::2"
        case .arp: "arp 10.0.0.2 tell 10.0.0.1"
        case .neighbourSolicitation: "nd fd00::2 tell fd00::1"
        case .ethernet: "ether > ff:ff:ff:ff:ff:ff type 0x88b5"
        }
    }
}

extension FrameDescription {
    // MARK: options

    private mutating func readOption(
        _ option: FrameWords.Word, _ words: inout FrameWords
    ) throws(FrameTextError) {
        switch option.lowered {
        case "flags": try readFlags(option, &words)
        case "ttl", "hop-limit": hopLimit = UInt8(try words.number(of: option, through: 255, example: "64"))
        case "length": payload = try words.number(of: option, through: 65_535, example: "1000")
        case "dont-fragment", "df": isUnfragmentable = true
        case "vlan":
            vlans.append(UInt16(try words.number(of: option, through: 4095, example: "10")))
            if vlans.count > 2 {
                throw words.refusal("there are more than two tags", at: option, hint: "Say 'vlan' once or twice.")
            }
        case "smac":
            let word = try words.value(of: option, "its address", example: "02:00:0a:00:00:02")
            sourceMAC = try Self.hardware(word, words)
        case "dmac":
            let word = try words.value(of: option, "its address", example: "02:00:0a:00:00:02")
            destinationMAC = try Self.hardware(word, words)
        case "ether": try readHardware(&words)
        case "id": identifier = UInt16(try words.number(of: option, through: 65_535, example: "7"))
        case "seq": sequence = UInt16(try words.number(of: option, through: 65_535, example: "1"))
        case "reply": try readReply(option, words)
        case "type":
            guard case .ethernet = kind else {
                throw words.refusal("only 'ether' has a type", at: option, hint: Self.options)
            }
            kind = .ethernet(type: UInt16(try words.number(of: option, through: 65_535, example: "0x88b5")))
        default:
            throw words.refusal("\(option.quoted) says nothing of a frame", at: option, hint: Self.options)
        }
        try checkMeaning(option, words)
    }

    /// An option that is said twice is refused: one of the two would not be heard.
    private func checkOnce(
        _ option: FrameWords.Word, _ said: inout Set<String>, _ words: FrameWords
    ) throws(FrameTextError) {
        let name =
            switch option.lowered {
            case "hop-limit": "ttl"
            case "df": "dont-fragment"
            default: option.lowered
            }
        let isKnown =
            switch name {
            // How many tags there are is looked at there.
            case "vlan": false
            case "smac": sourceMAC != nil
            case "dmac": destinationMAC != nil
            case "ether": sourceMAC != nil || destinationMAC != nil
            default: !said.insert(name).inserted
            }
        if isKnown {
            throw words.refusal("\(option.quoted) says again what was said", at: option, hint: "Say it once.")
        }
    }

    private mutating func readReply(_ option: FrameWords.Word, _ words: FrameWords) throws(FrameTextError) {
        switch kind {
        case .icmp: kind = .icmp(isReply: true)
        case .icmp6: kind = .icmp6(isReply: true)
        default: throw words.refusal("only icmp and icmp6 have replies", at: option, hint: Self.options)
        }
    }

    /// As tcpdump writes them; `none` is none.
    private mutating func readFlags(
        _ option: FrameWords.Word, _ words: inout FrameWords
    ) throws(FrameTextError) {
        guard case .tcp = kind else {
            throw words.refusal("only tcp has flags", at: option, hint: Self.options)
        }
        let word = try words.value(of: option, "its letters", example: "S.")
        var bits: UInt8 = 0
        let letters = word.lowered == "none" ? "" : word.text.uppercased()
        for letter in letters where letter != "[" && letter != "]" && letter != "," {
            guard let place = "FSRP.UEW".firstIndex(of: letter == "A" ? "." : letter) else {
                throw words.refusal(
                    "\(word.quoted) are no flags of TCP", at: word,
                    hint: "F, S, R, P, . (or A: ACK), U, E and W, as tcpdump writes them: 'flags S.'; or 'flags none'.")
            }
            bits |= 1 << UInt8("FSRP.UEW".distance(from: "FSRP.UEW".startIndex, to: place))
        }
        kind = .tcp(flags: bits)
    }

    /// An option that the kind of frame has no place for is refused, so that nobody thinks that it was heard.
    private func checkMeaning(_ option: FrameWords.Word, _ words: FrameWords) throws(FrameTextError) {
        func refuse(_ what: String) -> FrameTextError {
            words.refusal("\(option.quoted) is for \(what)", at: option, hint: Self.options)
        }
        switch (option.lowered, kind) {
        case ("id", .icmp), ("id", .icmp6), ("seq", .icmp), ("seq", .icmp6): break
        case ("id", _), ("seq", _): throw refuse("icmp and icmp6")
        case ("ttl", .arp), ("hop-limit", .arp), ("ttl", .ethernet), ("hop-limit", .ethernet): throw refuse("packets")
        case ("length", .arp), ("length", .neighbourSolicitation): throw refuse("frames with a payload")
        case ("dont-fragment", _), ("df", _): if family != .v4 || kind == .arp { throw refuse("IPv4 packets") }
        default: break
        }
    }

    /// What only the whole can tell.
    private func check(_ proto: FrameWords.Word, _ words: FrameWords) throws(FrameTextError) {
        let longest = 65_535 - headerLength
        if payload > longest {
            throw words.refusal(
                "a payload of \(payload) bytes makes the packet too long", at: proto,
                hint: "Here it has at most \(longest) bytes.")
        }
    }
}
