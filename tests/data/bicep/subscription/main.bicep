targetScope = 'subscription'
param location string = deployment().location
param tiers array = ['web', 'data']

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-network'
  location: location
}

module tier 'tier.bicep' = [
  for (name, i) in tiers: if (i < 1 || name == 'data') {
    scope: group
    name: 'tier-${name}'
    params: {
      name: name
      priority: 100 + i
    }
  }
]

resource shared 'Microsoft.Network/networkSecurityGroups@2024-05-01' existing = {
  scope: resourceGroup('rg-shared')
  name: 'nsg-shared'
}

output sharedId string = shared.id
output names array = [for (name, i) in tiers: tier[i].outputs.name]
output last string = tier[length(tiers) - 1].outputs.name
