resource "azurerm_network_security_rule" "allow_lb_prober" {
  direction               = "Inbound"
  access                  = "Allow"
  protocol                = "Tcp" # Probes are always TCP
  source_port_range       = "*"
  destination_port_ranges = "443"
  source_address_prefix   = "168.63.129.16" // single public IP (Azure well known)
}
