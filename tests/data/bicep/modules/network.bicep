param name string
param location string
param prefixes string[]?
param nsgId string = ''
param routes array = []

resource vnet 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  properties: {
    addressSpace: { addressPrefixes: prefixes ?? [] }
    subnets: [
      {
        name: 'default'
        properties: {
          addressPrefix: cidrSubnet(prefixes![0], 24, length(routes))
          networkSecurityGroup: empty(nsgId) ? null : { id: nsgId }
        }
      }
    ]
  }
}

output id string = vnet.id
