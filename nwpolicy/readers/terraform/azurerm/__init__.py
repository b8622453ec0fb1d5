"""The resources of Terraform's provider `azurerm`: what they are called in Azure, how they are identified, and what
their arguments mean."""

from __future__ import annotations
