param maybe object?
param number int = 7
param name string = 'its'
param flag bool = true

var settings = loadJsonContent('settings.json')
var banner = loadTextContent('banner.txt')
var lines = '''
first 'quoted' ${not} a hole
second'''
var text = {
  brackets: '[not an expression]'
  braces: '{${number}}'
  quoted: 'it\'s ${name}'
  lines: lines
  plain: '${name}'
  escaped: 'a\\b\n\u{1F512}\${x}'
}
var numbers = {
  negative: -1
  opposite: -number
  all: (1 + number) * 2 - 6 / 3 % 2
  compared: [number < 1, number <= 1, number > 1, number >= 1]
}
var truths = {
  equal: [number == 7, number != 7, name =~ 'IT', name !~ 'IT']
  joined: flag && !flag || flag
  chosen: flag ? number > 5 ? 'big' : 'small' : null
  nothing: null
}
var reached = {
  safe: maybe.?a.b.?c ?? 'none'
  grouped: (maybe.?a).b
  indexed: maybe[?'a'].b['c-d']['e'][0]
  last: [1, 2, 3][^1]
  sure: maybe!.a!.b
}
var lists = {
  mapped: map([1, 2], x => x * 2)
  numbered: map(['a'], (x, i) => '${x}${i}')
  filtered: filter(settings.ports, port => port > 80)
  reduced: reduce([1, 2], 0, (sum, next) => sum + next)
  sorted: sort([2, 1], (a, b) => a < b)
  keyed: toObject(['a', 'b'], x => x, x => { key: x })
  spread: [0, ...settings.ports, 9]
  merged: { first: 1, ...settings.defaults, last: 2 }
}
var dynamic = {
  '${name}-key': 1
  'a-b': 2
  if: 3
  resource: 4
}

resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: any('nsg-${settings.name}')
  location: az.resourceGroup().location
  tags: { text: text.brackets, banner: banner, dynamic: string(dynamic), reached: reached.safe, truths: string(truths) }
  properties: {
    securityRules: [
      for (port, i) in lists.filtered: {
        name: 'allow-${port}'
        properties: union(settings.defaults, { priority: 200 + i, destinationPortRange: string(port) })
      }
    ]
  }
}
