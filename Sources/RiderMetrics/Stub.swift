enum RiderMetricsStub {}
