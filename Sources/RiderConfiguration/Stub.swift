enum RiderConfigurationStub {}
