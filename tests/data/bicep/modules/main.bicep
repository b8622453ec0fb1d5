param location string = 'westeurope'
param remoteGroup string = 'rg-hub'
param withHub bool

module spoke 'network.bicep' = {
  name: 'spoke'
  params: {
    name: 'vnet-spoke'
    location: location
    prefixes: ['10.1.0.0/16']
    nsgId: security.outputs.id
    routes: [for hop in ['10.0.0.4', '10.0.0.5']: { hop: hop }]
  }
}

module hub 'network.bicep' = if (withHub) {
  scope: resourceGroup(remoteGroup)
  name: 'hub'
  params: {
    name: 'vnet-hub'
    location: location
    prefixes: withHub ? ['10.0.0.0/16'] : null
  }
}

module security './security.json' = {
  name: 'security'
  params: { name: 'nsg-${location}' }
}

module elsewhere 'br/public:avm/res/network/route-table:0.4.0' = {
  params: { name: 'rt' }
}

output spokeId string = spoke.outputs.id
output hubId string? = hub.?outputs.id
