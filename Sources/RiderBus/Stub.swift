enum RiderBusStub {}
