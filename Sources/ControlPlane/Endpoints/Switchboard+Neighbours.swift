import Netlink

extension Switchboard {
    /// While nobody held a TAP it had no carrier: what its sandbox then asked its neighbours was lost, and the kernel
    /// asks again only a second later. Forgets such questions, so that the next packet asks at once.
    func forgetUnansweredQuestions(after steps: [RepairStep]) {
        for step in steps {
            switch step {
            case .reattachTap(let id):
                guard let record = endpointRecords[id], let sandbox = openAgain(record) else { continue }
                forgetUnansweredQuestions(on: record.index, by: sandbox.route)
            case .reattachHostPort(let id):
                guard let network = networkRecords[id] else { continue }
                forgetUnansweredQuestions(on: network.hostIndex, by: own)
            default: break
            }
        }
    }

    /// Of use only: what fails is no worse than before.
    private func forgetUnansweredQuestions(on index: Int32, by route: RouteSocket) {
        // Before that, the next question would be lost, too.
        try? InterfaceSetup.awaitCarrier(of: index, by: route, what: "attaching again")
        for neighbour in (try? route.neighbours(link: index)) ?? []
        where !neighbour.state.isDisjoint(with: [.incomplete, .failed]) {
            try? route.removeNeighbour(link: index, neighbour.address)
        }
    }
}
