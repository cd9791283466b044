import RiderReplay
import Synchronization

/// The publisher tells of subscribers, and the service that sends catch-ups needs the publisher: one of them is made first.
final class CatchUpRelay: Sendable {
    /// nil until it is made; nothing is told before.
    let replays = Mutex<ReplayService?>(nil)
}
