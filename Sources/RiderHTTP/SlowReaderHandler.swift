import NIOCore

/// Closes a connection whose client does not take what was written to it within a time. Without it, clients that ask and
/// never read would hold all connections, and the robot would think that this machine is gone.
final class SlowReaderHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = Any
    typealias OutboundOut = Any

    private let limit: TimeAmount
    private var pendingWrites = 0
    private var timer: Scheduled<Void>?

    init(limit: TimeAmount) {
        self.limit = limit
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise()
        pendingWrites += 1
        if timer == nil { startTimer(context) }
        promise.futureResult.assumeIsolated().whenComplete { _ in self.wrote() }
        context.write(data, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    private func wrote() {
        pendingWrites -= 1
        guard pendingWrites == 0 else { return }
        timer?.cancel()
        timer = nil
    }

    private func startTimer(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.timer = nil
            context.close(promise: nil)
        }
    }
}
