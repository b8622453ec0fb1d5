var step = 10
@export()
var first = step * 10
@export()
var everywhere = '*'

@export()
type protocolType = 'Tcp' | 'Udp' | '*'

@export()
type ruleType = {
  name: string
  @minValue(100)
  @maxValue(4096)
  priority: int
  access: 'Allow' | 'Deny'
}

@export()
func deny(priority int) ruleType => {
  name: 'deny-${priority}'
  priority: priority
  access: 'Deny'
}

@export()
func complete(rule ruleType) object => {
  name: rule.name
  properties: union(settings(), { priority: rule.priority, access: rule.access })
}

func settings() object => {
  direction: 'Inbound'
  protocol: '*'
  sourceAddressPrefix: '*'
  sourcePortRange: '*'
  destinationAddressPrefix: '*'
  destinationPortRange: '*'
}
