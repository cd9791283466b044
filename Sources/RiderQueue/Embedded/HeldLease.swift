import RiderModel

/// A row of the leased tasks.
struct HeldLease {
    let position: Int64
    let attempt: Int
    let owner: String
    let isSuperseded: Bool

    init(_ row: PreparedStatement) {
        position = row.integer(0)
        attempt = Int(row.integer(1))
        owner = row.text(2)
        isSuperseded = row.integer(3) != 0
    }

    init(_ lease: ClaimedTask.Lease, owner: String, isSuperseded: Bool) {
        position = lease.position
        attempt = lease.attempt
        self.owner = owner
        self.isSuperseded = isSuperseded
    }
}
