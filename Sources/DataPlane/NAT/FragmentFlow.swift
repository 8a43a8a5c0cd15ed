/// What a later fragment's first one was sent as.
package struct FragmentFlow: Sendable {
    /// Whether the first fragment has come.
    package var isFound = false
    /// Whether parts overlap: nothing of the datagram may go on.
    package var isSpoiled = false
    /// As `remember` was told, and the next two.
    package var flow: UInt32 = 0
    package var isOutgoing = false
    package var newIdentification: UInt16 = 0

    /// Not found.
    @inline(__always) @_noAllocation @_noLocks
    package init() {}
}
