import Glibc
import Lab

/// Ends the commands of a lab's nodes with this program, when a signal ends it: they are no others' children.
enum LabInterruption {
    private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// Watches from now on, and takes the line away that shows how far a lab is. Signals that are ignored, as SIGHUP below
    /// nohup, stay so. A second signal ends this program at once.
    static func watch(_ line: LabProgressLine) {
        var awaited = Self.awaited
        // Threads that are made from here on have them blocked, too, so that the one below gets them.
        pthread_sigmask(SIG_BLOCK, &awaited, nil)
        var thread = pthread_t()
        // The thread holds a reference of its own, which it gives back.
        let context = Unmanaged.passRetained(line)
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let line = Unmanaged<LabProgressLine>.fromOpaque(argument).takeRetainedValue()
                var awaited = LabInterruption.awaited
                var number: Int32 = 0
                guard sigwait(&awaited, &number) == 0 else { return nil }
                pthread_sigmask(SIG_UNBLOCK, &awaited, nil)
                Lab.endCommands()
                line.end()
                Console.standard.note("heddle: interrupted: 'heddle lab up' goes on, 'heddle lab down' takes it away")
                // Nobody handles it then: this is the end.
                signal(number, SIG_DFL)
                raise(number)
                return nil
            }, context.toOpaque())
        if failure == 0 {
            pthread_detach(thread)
        } else {
            context.release()
            pthread_sigmask(SIG_UNBLOCK, &awaited, nil)
        }
    }

    private static var awaited: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers where !isIgnored(number) { sigaddset(&set, number) }
        return set
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        // The kernel's number of SIG_IGN; the function that it stands for can't be compared in Swift.
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
