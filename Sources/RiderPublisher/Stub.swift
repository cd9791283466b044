enum RiderPublisherStub {}
