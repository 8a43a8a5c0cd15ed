extension FlowTable {
    /// Puts a flow into the lists and counts of its state.
    @_noAllocation @_noLocks
    mutating func enter(_ number: UInt32) {
        let flow = flow(number)
        let endpoint = lists.endpoint(flow.pointee.insidePort)
        if flow.pointee.isClosed {
            ages.append(number, to: lists.closed)
            return
        }
        endpoint.pointee.flows &+= 1
        guard case .opening = flow.pointee.state else { return }
        endpoint.pointee.opening &+= 1
        openingCount &+= 1
        let fromOutside = flow.pointee.isFromOutside
        ages.append(number, to: lists.opening(fromOutside: fromOutside))
        openings.append(number, to: lists.opening(flow.pointee.insidePort, fromOutside: fromOutside))
    }

    /// Takes a flow out of the lists and counts of its state.
    @_noAllocation @_noLocks
    mutating func leave(_ number: UInt32) {
        let flow = flow(number)
        let endpoint = lists.endpoint(flow.pointee.insidePort)
        if flow.pointee.isClosed {
            ages.remove(number, from: lists.closed)
            return
        }
        endpoint.pointee.flows &-= 1
        guard case .opening = flow.pointee.state else { return }
        endpoint.pointee.opening &-= 1
        openingCount &-= 1
        let fromOutside = flow.pointee.isFromOutside
        ages.remove(number, from: lists.opening(fromOutside: fromOutside))
        openings.remove(number, from: lists.opening(flow.pointee.insidePort, fromOutside: fromOutside))
    }

    /// Changes the state of a flow that stands in the table.
    @_noAllocation @_noLocks
    mutating func change(_ number: UInt32, to state: FlowState) {
        let flow = flow(number)
        if flow.pointee.state.code == state.code { return }
        let wasClosed = flow.pointee.isClosed
        leave(number)
        flow.pointee.state = state
        enter(number)
        let isClosed = flow.pointee.isClosed
        if wasClosed != isClosed, flow.pointee.isMapped, siblings.isAlone(number) {
            let endpoint = lists.endpoint(flow.pointee.insidePort)
            endpoint.pointee.ports = isClosed ? endpoint.pointee.ports &- 1 : endpoint.pointee.ports &+ 1
        }
    }
}

extension FlowTable {
    /// Makes room for one more flow of an endpoint that isn't closed and is opening, at the cost of opening flows: first of its
    /// own, so that whoever opens too many, or is flooded, harms nobody else. A flow that the outside begins never costs its
    /// endpoint one that the inside began.
    ///
    /// - Returns: nil: there is room.
    @_noAllocation @_noLocks
    mutating func makeRoom(insidePort: UInt16, fromOutside: Bool) -> FlowRefusal? {
        let endpoint = lists.endpoint(insidePort)
        if Int(endpoint.pointee.flows) >= limits.perEndpoint {
            // Strangers that haven't shown that they exist are no reason to keep the endpoint itself from anything.
            let stranger = lists.opening(insidePort, fromOutside: true).pointee.head
            guard !fromOutside, evict(stranger) else { return .endpointLimit }
            if Int(endpoint.pointee.flows) >= limits.perEndpoint { return .endpointLimit }
        }
        return makeOpeningRoom(insidePort: insidePort, fromOutside: fromOutside)
    }

    /// As `makeRoom`, for a flow that counts already.
    @_noAllocation @_noLocks
    mutating func makeOpeningRoom(insidePort: UInt16, fromOutside: Bool) -> FlowRefusal? {
        let endpoint = lists.endpoint(insidePort)
        if Int(endpoint.pointee.opening) >= limits.openingPerEndpoint {
            guard evictOwn(insidePort, fromOutside: fromOutside) else { return .openingLimit }
            if Int(endpoint.pointee.opening) >= limits.openingPerEndpoint { return .openingLimit }
        }
        if openingCount >= limits.opening {
            let hasMany = Int(endpoint.pointee.opening) &* 16 > limits.opening
            let isDone =
                ((fromOutside || hasMany) && evictOwn(insidePort, fromOutside: fromOutside))
                || evict(lists.opening(fromOutside: true).pointee.head)
                || evict(lists.opening(fromOutside: false).pointee.head)
            if !isDone || openingCount >= limits.opening { return .openingLimit }
        }
        return nil
    }

    /// Whether a closed flow of an endpoint may live again.
    @inline(__always) @_noAllocation @_noLocks
    func mayReturn(insidePort: UInt16) -> Bool {
        Int(lists.endpoint(insidePort).pointee.flows) < limits.perEndpoint
    }

    /// The endpoint's oldest opening flow goes.
    @_noAllocation @_noLocks
    private mutating func evictOwn(_ insidePort: UInt16, fromOutside: Bool) -> Bool {
        if evict(lists.opening(insidePort, fromOutside: true).pointee.head) { return true }
        return !fromOutside && evict(lists.opening(insidePort, fromOutside: false).pointee.head)
    }

    @_noAllocation @_noLocks
    private mutating func evict(_ number: UInt32) -> Bool {
        if number == 0 { return false }
        remove(number)
        statistics.evicted &+= 1
        return true
    }

    /// A free entry: one that is free, else that of the flow that has been closed longest, else that of the oldest opening flow.
    /// Established flows never give way (RFC 6888, REQ-11).
    ///
    /// - Returns: 0: none.
    @_noAllocation @_noLocks
    mutating func takeEntry() -> UInt32 {
        if lists.unused.pointee.head == 0 {
            if Int(fresh) < Self.capacity {
                fresh &+= 1
                return fresh &- 1
            }
            if lists.closed.pointee.head != 0 {
                remove(lists.closed.pointee.head)
                statistics.reused &+= 1
            } else {
                let stranger = lists.opening(fromOutside: true).pointee.head
                let own = lists.opening(fromOutside: false).pointee.head
                let isStranger = own == 0 || (stranger != 0 && age(of: stranger) >= age(of: own))
                guard evict(isStranger ? stranger : own) else { return 0 }
            }
        }
        let number = lists.unused.pointee.head
        if number != 0 { ages.remove(number, from: lists.unused) }
        return number
    }

    /// Milliseconds since a flow was made.
    @inline(__always) @_noAllocation @_noLocks
    private func age(of number: UInt32) -> UInt32 {
        clock &- flow(number).pointee.created
    }
}
