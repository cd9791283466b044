enum RiderHTTPStub {}
