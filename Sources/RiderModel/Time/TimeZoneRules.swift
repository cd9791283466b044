#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How far a place's clocks are from Greenwich. Production uses ``local``; tests pass their own.
public struct TimeZoneRules: Sendable {
    /// Seconds east of Greenwich at a point of time.
    public var offset: @Sendable (UnixTime) -> Int

    public init(offset: @escaping @Sendable (UnixTime) -> Int) {
        self.offset = offset
    }

    public static let utc = TimeZoneRules { _ in 0 }

    /// Where this machine is: `TZ`, else `/etc/localtime`.
    public static let local = TimeZoneRules { time in
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        tzset()
        return localtime_r(&seconds, &parts) == nil ? 0 : parts.tm_gmtoff
    }

    /// When clocks here show `civil`: the first time of two when they are turned back over it, and the end of the gap
    /// when they are turned forward over it.
    public func time(showing civil: CivilTime) -> UnixTime {
        let naive = civil.asUTC
        let before = offset(naive + .seconds(-86_400))
        for candidate in [before, offset(naive + .seconds(86_400))] {
            let time = naive + .seconds(-candidate)
            if offset(time) == candidate { return time }
        }
        return naive + .seconds(-before)
    }

    /// What clocks here show at a point of time.
    public func civil(at time: UnixTime) -> CivilTime {
        CivilTime(utc: time + .seconds(offset(time)))
    }
}
