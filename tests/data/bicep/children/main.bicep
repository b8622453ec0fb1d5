targetScope = 'resourceGroup'
param vnetName string = 'vnet-web'
param otherGroup string = 'rg-shared'
param deny bool = true

resource vnet 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: vnetName
  location: 'westeurope'
  properties: {
    addressSpace: { addressPrefixes: ['10.2.0.0/16'] }
  }

  resource web 'subnets' = if (deny) {
    name: 'web'
    properties: {
      addressPrefix: '10.2.0.0/24'
      networkSecurityGroup: { id: nsg.id }
      routeTable: { id: table.id }
    }
  }

  resource data 'subnets@2023-11-01' = {
    name: 'data'
    properties: {
      addressPrefix: '10.2.1.0/24'
      networkSecurityGroup: { id: shared.id }
    }
  }
}

resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-web'
  location: 'westeurope'

  resource rule 'securityRules' = if (deny) {
    name: 'deny-all'
    properties: {
      priority: 4000
      direction: 'Inbound'
      access: 'Deny'
      protocol: '*'
      sourceAddressPrefix: '*'
      sourcePortRange: '*'
      destinationAddressPrefix: vnet::web.properties.addressPrefix
      destinationPortRange: '*'
    }
  }
}

resource shared 'Microsoft.Network/networkSecurityGroups@2024-05-01' existing = {
  name: 'nsg-shared'
  scope: resourceGroup(otherGroup)
}

resource table 'Microsoft.Network/routeTables@2024-05-01' = {
  name: 'rt-web'
  location: 'westeurope'
  properties: { routes: [] }
}

resource route 'Microsoft.Network/routeTables/routes@2024-05-01' = {
  name: '${table.name}/default'
  properties: {
    addressPrefix: '0.0.0.0/0'
    nextHopType: 'Internet'
  }
}

var web = vnet::web.properties
output ruleId string = nsg::rule.id
output routeId string = route.id
output webRange string? = web.?addressPrefix
