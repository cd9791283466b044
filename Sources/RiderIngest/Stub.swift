enum RiderIngestStub {}
