enum RiderWorkerStub {}
