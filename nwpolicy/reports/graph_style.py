"""How the picture of a topology looks, on a light and on a dark background.

Hues: Okabe and Ito, Color Universal Design. States differ in pattern, too.
"""

from __future__ import annotations

from typing import Final

__all__ = ["STYLE"]

STYLE: Final = """
.page{fill:#fff}.frame{fill:#f2f6fa;stroke:#4f6d88}.card{fill:#fff;stroke:#9db0c1}
.notDefined,.unknown,.conditional{stroke-dasharray:5 3}text{fill:#1b2733;stroke:none}
.faint,.detail{fill:#5f6f7d}.name{font-weight:bold}
.item.notDefined,.item.unknown,.item.conditional{font-style:italic}
.wire{fill:none;stroke-width:1.6}.peering{stroke:#0072b2}.hubAndSpoke{stroke:#56b4e9}
.connectedGroup{stroke:#009e73}.connection{stroke:#a0437f;stroke-width:2.6}
.wire.halfOpen{stroke:#d55e00;stroke-dasharray:7 4}.wire.disconnected{stroke:#8a8a8a;stroke-dasharray:2 5}
.wire.unseen,.wire.depends{stroke-dasharray:4 3}
.way{fill:none;stroke-width:3;stroke-opacity:.8}.mark{fill:#fff;stroke-width:2}
.way.notReached{stroke-dasharray:3 5}.way.depends,.way.partlyBlocked{stroke-dasharray:10 4}
.passed{stroke:#00795a}.blocked{stroke:#c14500}.depends.way,.depends.mark,.partlyBlocked{stroke:#8a5a00}
.notReached{stroke:#8a8a8a}.head{stroke:none}.head.passed{fill:#00795a}.head.blocked{fill:#c14500}
.head.depends,.head.partlyBlocked{fill:#8a5a00}.head.notReached{fill:#8a8a8a}
.card.new,.frame.new{stroke-width:2.5}.card.gone,.frame.gone{stroke-dasharray:2 3}.item.gone{font-style:italic}
.path{fill:none;stroke-width:2.5}.path.closed{stroke-width:5}.path.may{stroke-dasharray:2 4}
.core{fill:none;stroke:#fff;stroke-width:2}.tag{fill:#fff;stroke-width:2}.tag.closed{stroke-width:1.2}
.tag.may{stroke-dasharray:2 4}.opened{stroke:#b03a00}.closed{stroke:#00563f}.may{stroke:#6b4e00}
.tip{stroke:none}.tip.opened{fill:#b03a00}.tip.closed{fill:#00563f}.tip.may{fill:#6b4e00}
@media (prefers-color-scheme:dark){
.page{fill:#10161c}.frame{fill:#18222c;stroke:#7d9ab5}.card{fill:#10161c;stroke:#4b6075}text{fill:#e4ebf1}
.faint,.detail{fill:#9fb0bf}.peering{stroke:#4aa8e0}.connection{stroke:#d58bbd}.wire.halfOpen{stroke:#ff8a3c}
.passed{stroke:#2fc79a}.blocked{stroke:#ff8a3c}.depends.way,.depends.mark,.partlyBlocked{stroke:#e6b450}
.mark{fill:#10161c}.head.passed{fill:#2fc79a}.head.blocked{fill:#ff8a3c}
.head.depends,.head.partlyBlocked{fill:#e6b450}
.core{stroke:#10161c}.tag{fill:#10161c}.opened{stroke:#ff9d66}.closed{stroke:#5fd3a8}.may{stroke:#f0c75e}
.tip.opened{fill:#ff9d66}.tip.closed{fill:#5fd3a8}.tip.may{fill:#f0c75e}}
"""
