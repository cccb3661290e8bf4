"""The words of notices that depend on whom they go to, by language."""

from __future__ import annotations

ROLES = {
    "en": {
        "platform": "the operator of the platform",
        "cdn": "the operator of the proxy in front of it",
        "hosting": "its hosting provider",
        "reseller": "the reseller that hosts it",
        "allocation_holder": "the holder of the address space",
        "network": "the network that announces its addresses",
        "": "a company that it depends on",
    },
    "nl": {
        "platform": "exploitant van het platform",
        "cdn": "exploitant van de proxy ervoor",
        "hosting": "hostingaanbieder",
        "reseller": "wederverkoper die het host",
        "allocation_holder": "houder van de adresruimte",
        "network": "netwerk dat de adressen aankondigt",
        "": "bedrijf waarvan het afhangt",
    },
    "de": {
        "platform": "Betreiber der Plattform",
        "cdn": "Betreiber des vorgeschalteten Proxys",
        "hosting": "Hosting-Anbieter",
        "reseller": "Wiederverkäufer, der sie hostet",
        "allocation_holder": "Inhaber des Adressraums",
        "network": "Netz, das die Adressen ankündigt",
        "": "Unternehmen, von dem sie abhängen",
    },
    "fr": {
        "platform": "exploitant de la plateforme",
        "cdn": "exploitant du proxy placé devant",
        "hosting": "hébergeur",
        "reseller": "revendeur qui l'héberge",
        "allocation_holder": "titulaire de l'espace d'adresses",
        "network": "réseau qui annonce ses adresses",
        "": "entreprise dont il dépend",
    },
}
"""Each after the words 'which you can act on as'."""

ASKS = {
    "en": {
        "platform": "take the pages down",
        "cdn": "tell us from which address and company the site is served behind your proxy, "
        "and to stop serving it",
        "hosting": "take the content down",
        "above": "see that your customer acts, or to act yourselves",
    },
    "nl": {
        "platform": "de pagina's te verwijderen",
        "cdn": "ons te vertellen vanaf welk adres en bij welk bedrijf de site achter uw proxy "
        "staat, en de dienstverlening eraan te staken",
        "hosting": "de inhoud te verwijderen",
        "above": "ervoor te zorgen dat uw klant optreedt, of zelf op te treden",
    },
    "de": {
        "platform": "die Seiten zu entfernen",
        "cdn": "uns mitzuteilen, von welcher Adresse und bei welchem Unternehmen die Seite "
        "hinter Ihrem Proxy liegt, und sie nicht weiter auszuliefern",
        "hosting": "die Inhalte zu entfernen",
        "above": "dafür zu sorgen, dass Ihr Kunde handelt, oder selbst zu handeln",
    },
    "fr": {
        "platform": "retirer les pages",
        "cdn": "nous indiquer depuis quelle adresse et quelle entreprise le site est servi "
        "derrière votre proxy, et cesser de le servir",
        "hosting": "retirer ces contenus",
        "above": "veiller à ce que votre client agisse, ou d'agir vous-mêmes",
    },
}
"""Each after the words 'we ask you to'."""

_ASK_OF = {"platform": "platform", "cdn": "cdn", "hosting": "hosting", "reseller": "hosting"}


def role_words(language: str, role: str) -> str:
    """Return in what role the recipient can act."""
    words = ROLES.get(language, ROLES["en"])
    return words.get(role, words[""])


def ask_words(language: str, role: str) -> str:
    """Return what the recipient is asked to do."""
    return ASKS.get(language, ASKS["en"])[_ASK_OF.get(role, "above")]
