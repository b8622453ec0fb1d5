import { ruleType, deny as denyRule, everywhere } from 'shared.bicep'
import * as shared from 'shared.bicep'

param rules ruleType[] = [denyRule(4000)]
param protocol shared.protocolType = 'Tcp'

func named(prefix string, n int) string => '${prefix}-${padLeft(n, 3, '0')}'

resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: named('nsg', 7)
  location: 'westeurope'
  properties: {
    securityRules: [
      ...map(rules, rule => shared.complete(rule))
      {
        name: 'open'
        properties: {
          priority: shared.first
          direction: 'Inbound'
          access: 'Allow'
          protocol: protocol
          sourceAddressPrefix: everywhere
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
        }
      }
    ]
  }
}
