"""The names of service tags: which ones are documented, and how Azure's older tools spelled some of them.

Source: Microsoft Learn, Virtual network service tags, "Available service tags" (the names only).
"""

from __future__ import annotations

from typing import Final

__all__ = ["COMPUTED", "DOCUMENTED", "PLATFORM_TAGS", "canonical", "closest", "is_documented"]

#: Tags that no published file lists: Azure works them out for each network interface, or for itself.
PLATFORM_TAGS: Final = ("AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM")
COMPUTED: Final = ("VirtualNetwork", "Internet", "AzureLoadBalancer", *PLATFORM_TAGS)

_PUBLISHED: Final = """
    ActionGroup ApiManagement ApplicationInsightsAvailability AppConfiguration AppService AppServiceManagement
    AutonomousDevelopmentPlatform AzureActiveDirectory AzureActiveDirectoryDomainServices AzureAD
    AzureAdvancedThreatProtection AzureAIServices AzureArcInfrastructure AzureAttestation AzureBackup
    AzureBotService AzureCloud AzureCognitiveSearch AzureConnectors AzureContainerAppsService
    AzureContainerRegistry AzureCosmosDB AzureDatabricks AzureDataExplorerManagement AzureDataLake
    AzureDeviceUpdate AzureDevOps AzureDevSpaces AzureDigitalTwins AzureEventGrid AzureFrontDoor
    AzureFrontDoor.Backend AzureFrontDoor.FirstParty AzureFrontDoor.Frontend AzureFrontDoor.MicrosoftSecurity
    AzureHealthcareAPIs AzureInformationProtection AzureIoTHub AzureKeyVault AzureLoadTestingInstanceManagement
    AzureMachineLearning AzureMachineLearningInference AzureManagedGrafana AzureMonitor AzureMonitorForSAP
    AzureOpenDatasets AzurePortal AzurePrivateLink AzureResourceManager AzureSecurityCenter AzureSentinel
    AzureServiceBus AzureSignalR AzureSiteRecovery AzureSphere AzureSpringCloud AzureStack AzureTrafficManager
    AzureUpdateDelivery AzureVideoAnalyzerForMedia AzureVideoIndexer AzureWebPubSub BatchNodeManagement ChaosStudio
    CognitiveServicesFrontend CognitiveServicesManagement DataFactory DataFactoryManagement
    Dynamics365BusinessCentral Dynamics365ForMarketingEmail DynamicsNAV EOPExternalPublishedIPs EventHub
    GatewayManager GenevaActions GuestAndHybridManagement HDInsight KustoAnalytics LogicApps LogicAppsManagement
    M365ManagementActivityApi M365ManagementActivityApiWebhook Marketplace MicrosoftAzureFluidRelay
    MicrosoftCloudAppSecurity MicrosoftContainerRegistry MicrosoftDefenderForEndpoint
    MicrosoftPurviewPolicyDistribution OneDsAnalytics OneDsCollector PowerBI PowerPlatformInfra PowerPlatformPlex
    PowerQueryOnline Scuba SCCservice SerialConsole ServiceBus ServiceFabric Sql SqlManagement Storage StorageMover
    StorageSyncService TrafficManager VideoIndexer WindowsAdminCenter WindowsUpdate WindowsVirtualDesktop
"""

#: Tags with published prefixes; most also exist for one region (`Storage.WestEurope`).
DOCUMENTED: Final = tuple(_PUBLISHED.split())

#: Spellings of the classic deployment model.
_ALIASES: Final = {"virtual_network": "VirtualNetwork", "azure_loadbalancer": "AzureLoadBalancer"}
_BY_FOLDED: Final = {name.lower(): name for name in (*DOCUMENTED, *COMPUTED)}


def canonical(name: str) -> str:
    """The documented spelling of a tag, as far as there is one: Azure compares tags without case."""
    folded = name.strip().lower()
    return _ALIASES.get(folded) or _BY_FOLDED.get(folded) or name.strip()


def is_documented(name: str) -> bool:
    """Whether the documentation knows the tag, or the tag of which this is the part for one region."""
    folded = canonical(name).lower()
    return folded in _BY_FOLDED or folded.rpartition(".")[0] in _BY_FOLDED


def closest(name: str) -> str | None:
    """A documented tag that may have been meant."""
    from difflib import get_close_matches

    found = get_close_matches(name.strip().lower(), _BY_FOLDED, n=1, cutoff=0.75)
    return _BY_FOLDED[found[0]] if found else None
