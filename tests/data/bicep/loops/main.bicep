@description('Which ports are open')
param ports int[] = [443, 8443]
param admins string?
@allowed(['Allow', 'Deny'])
param access string = 'Allow'
param withSsh bool = true

var names = [for port in ports: 'allow-${port}']
var rules = [
  for (port, i) in ports: {
    name: names[i]
    properties: {
      priority: 100 + i * 10
      direction: 'Inbound'
      access: access
      protocol: 'Tcp'
      sourceAddressPrefix: 'Internet'
      sourcePortRange: '*'
      destinationAddressPrefix: '*'
      destinationPortRange: string(port)
    }
  }
]

resource nsgs 'Microsoft.Network/networkSecurityGroups@2024-05-01' = [
  for zone in range(1, 2): {
    name: 'nsg-${zone}'
    location: resourceGroup().location
    properties: {
      securityRules: rules
    }
  }
]

resource ssh 'Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01' = if (withSsh) {
  parent: nsgs[1]
  name: 'ssh'
  properties: {
    priority: 400
    direction: 'Inbound'
    access: access == 'Allow' && !empty(admins ?? '') ? 'Allow' : 'Deny'
    protocol: 'Tcp'
    sourceAddressPrefixes: [for prefix in split(admins ?? '10.0.0.0/8', ','): trim(prefix)]
    sourcePortRange: '*'
    destinationAddressPrefix: '*'
    destinationPortRange: '22'
  }
}

output ids array = [for (zone, i) in range(1, 2): nsgs[i].id]
output first string = nsgs[0].properties.resourceGuid
