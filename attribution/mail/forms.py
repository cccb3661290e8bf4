"""The forms in which mail systems and answering programs write: senders, subjects and sentences.

Facts about products and languages, kept apart from the rules that use them (`kinds`). Learnt from
RFC 3834, the manuals of mail servers, and public collections of non-delivery mails; broad forms
that many products share are preferred to one form a product. Everything is compared in lower case
with white space collapsed, and each expression is a choice of literals or has bounded repetitions,
so that time grows with the text and no faster.
"""

from __future__ import annotations

import re


def _choice(lines: str, *, before: str = "", after: str = "") -> re.Pattern[str]:
    """Return the expression that is one of the lines; lines with `#` say what follows."""
    choices = [line.strip() for line in lines.strip().splitlines()]
    inner = "|".join(line for line in choices if line and not line.startswith("#"))
    return re.compile(f"{before}(?:{inner}){after}")


DAEMON_MAILBOX = _choice(
    r"""
    mailer[._-]?daemon
    post[._-]?master
    mail[._-]?daemon
    mdaemon
    double[._-]?bounce
    mailer
    mail[._-]?system
    mail[._-]?delivery(?:[._-]?\w{1,20})?
    mailer[._-]?error
    smtp[._-]?daemon
    microsoftexchange[0-9a-f]{8,64}
    bounce[._-]?(?:handler|notification)s?
    ndr
    non[._-]?delivery
    undeliver(?:ed|able)
    """,
    after=r"(?:[+=].{0,64})?",
)
"""Local parts under which mail systems write, as a whole."""

POSTMASTER = re.compile(r"post[._-]?master(?:[+=].{0,64})?")
"""The one of these that people use too (RFC 5321 wants it read)."""

WEAK_MAILBOX = _choice(
    r"""
    (?:no|do[._-]?not|donot)[._-]?reply(?:[+=._-].{0,64})?
    sys(?:tem)?[._-]?admin(?:istrator)?
    mail[._-]?admin(?:istrator)?
    bounces?
    administrator
    root
    daemon
    exim
    postfix
    mmdf
    uucp
    notifications?
    .{0,60}-(?:bounces|owner|admin|request)
    owner-.{0,60}
    mailman
    """,
)
"""Local parts that mail systems use and others too: they count only where a failure is told."""

DAEMON_NAME = _choice(
    r"""
    mail(?:er)?[ -]?daemon
    mail deliver(?:y|s)? (?:sub)?system
    mail deliver system
    mail delivery (?:service|agent|notification|status|failure|error)
    delivery subsystem
    delivery (?:failure|status)
    mail server at
    courier mail server
    mail administrator
    interscan
    mailmarshal
    mailfoundry
    content-filter at
    barracuda spam
    amavis
    undeliver(?:ed|able) (?:mail|message)
    non-?delivery
    mail transfer agent
    mailzustellung
    mailsystem
    mail-system
    doručování pošty
    система доставки
    служба доставки
    système de (?:messagerie|distribution)
    sistema de (?:correo|entrega|correio)
    メール配信
    メールシステム
    """,
)
"""Names under which mail systems write."""

VENDOR_FIELDS = (
    "x-failed-recipients",
    "x-ms-exchange-message-is-ndr",
    "x-dsncontext",
    "x-dsn-reason",
    "x-bounce-tracking-id",
    "x-mailer-daemon",
    "x-list-administrivia",
    "x-amz-sns-message-id",
    "x-apple-unsubscribe",
)
"""Header fields that only mail systems write, and mail programs that leave a list."""

LIST_SERVER_FIELDS = ("x-mlserver", "x-mailman-version", "x-listserver")
"""Header fields of list servers; with a sender `…-admin@` the server itself writes."""

TAGS = re.compile(
    r"\A(?:\s{0,5}(?:\[[^\]]{1,60}\]|\*{1,5}\s?(?:suspected )?spam\s?\*{1,5}|\{spam\??\})"
    r"\s{0,5}){1,4}",
    re.IGNORECASE,
)
"""What lists, ticket systems and filters write in front of a subject."""

ANSWERED = re.compile(
    r"\s{0,5}(?:(?:re|aw|antw|antwort|sv|vs|ynt|odp|fw|fwd|wg|rv|tr|doorst|vb|videresend|rif|ri"
    r"|ref|回复|答复|返信|отв|на|σχετ|vá|továbbítás|bls|res|enc|i|atb|pd)\s?(?:\[\d{1,3}\])?\s?[:：])",
    re.IGNORECASE,
)
"""Prefixes of a person's answer or forwarded mail."""

SYSTEM_SUBJECT = _choice(
    r"""
    delivery (?:status )?notification
    ^delivery status\b
    ^delivery report\b
    delivery status report
    notification of delivery
    ^mail delivery (?:system|status|report|notification)
    postmaster notify
    ^message delivery\b
    notice: mail delivery status
    ^aws notification message
    loop alert
    amazon ses (?:email )?(?:event|bounce|complaint) notification
    loop back warning
    not member article
    fml (?:system error|status report)
    ^complaint about message from
    (?:successful|relayed|delivered) mail\b
    return receipt
    ^\{?spam\?\}? quarantine
    ^mail delivery warning
    """,
)
"""Subjects of mail systems that by themselves tell of no failure."""

FAILURE_SUBJECT = _choice(
    r"""
    undeliver(?:ed|able)\b
    returned mail\b
    returned to sender
    return to sender
    failure notice\b
    delivery (?:status )?notification[^\n]{0,5}\(?(?:failure|failed|error)
    delivery failed\b
    delivery has failed
    delivery[ _]failure
    delivery error
    delivery problem
    failed delivery
    failure delivery
    non-?delivery
    nondeliverable
    failed mail\b
    mail failed\b
    mail delivery (?:failed|failure|problem|error)
    mail(?:er)? error
    mail failure
    mail system error
    mail not deliv(?:ered|able)
    mail could not be (?:delivered|sent)
    mail undeliverable
    message (?:delivery (?:has )?fail|undeliver)
    message (?:was |could )?not (?:be )?(?:delivered|sent)
    message frozen
    message you sent (?:was )?blocked
    message rejected
    your message (?:could not|was (?:not|rejected))
    your mail (?:could|was) not
    permanent delivery
    permanent (?:failure|error)
    sorry,? your message could not
    there was an error sending your mail
    unable to deliver
    could not (?:send|deliver) (?:your )?(?:message|mail)
    error\(?s?\)? in (?:forwarding|processing)
    ^rejected:
    ^(?:e-?mail|mail|message) bounced\b
    \bbounced (?:e-?mail|mail|message)\b
    \[bounce\]
    unknown user\b
    user unknown\b
    # German, Dutch, French, Spanish, Portuguese, Italian
    unzustellbar
    nicht zustellbar
    nicht zugestellt
    zustellung fehlgeschlagen
    rückgabe\b
    zustellungsfehler
    fehlgeschlagene zustellung
    unzustellbare
    onbestelbaar
    niet te bestellen
    niet bezorgd
    niet afgeleverd
    bezorging mislukt
    non remis
    non distribu
    non délivr
    échec de (?:la )?(?:remise|livraison|distribution)
    rapport de non-?remise
    courrier non remis
    no se (?:puede|pudo|ha podido) entregar
    no entregado
    no entregable
    correo devuelto
    error de entrega
    não entregue
    não foi entregue
    não é possível entregar
    falha na entrega
    devolvid[ao]
    non recapitabile
    mancato recapito
    mancata consegna
    messaggio non recapitato
    impossibile recapitare
    # Polish, Russian, Ukrainian, Swedish, Danish, Norwegian, Czech, Turkish, Finnish, Hungarian
    niedostarczon
    nie można dostarczyć
    nie dostarczon
    zwrot (?:poczty|wiadomości)
    недоставлен
    не доставлен
    не удается доставить
    не удалось доставить
    невозможно доставить
    ошибка доставки
    возврат (?:почты|письма)
    не вдалося доставити
    olevererbart
    kan inte levereras
    kunde inte levereras
    ikke leveret
    kan ikke leveres
    ikke levert
    uleverlig
    uleverbar
    kunne ikke leveres
    nedoručiteln
    nelze doručit
    nedoručen
    teslim edilemedi
    teslim edilemez
    iletilemedi
    ei voi toimittaa
    ei voitu toimittaa
    toimitus epäonnistui
    kézbesíthetetlen
    nem kézbesíthető
    sikertelen kézbesítés
    # Romanian, Bulgarian, Greek, Japanese, Chinese, Korean
    nelivrat
    nu poate fi livrat
    livrare eșuată
    недоставен
    не може да бъде доставен
    δεν παραδόθηκε
    μη παραδοτέ
    メールエラー
    エラーメール
    配信不能
    配信できません
    配信に失敗
    送信できませんでした
    配達不能
    不達
    返送
    退信
    传输失败
    发送失败
    无法投递
    無法傳遞
    未传递
    반송
    전송 실패
    """,
)
"""Subjects of a mail that comes back, anywhere in a subject that is no answer."""

RETURNED_SUBJECT = re.compile(r"returned mail\b")
"""How subjects of mail begin that is given back, whatever delayed it before."""

SUCCESS = _choice(
    r"""
    \((?:success|relay(?:ed)?)\)
    (?<!un)(?<!not )success(?:ful)?(?:ly)?\b
    ^delivered:
    ^relayed:
    ^gelesen:
    (?:was|has been|were) successfully (?:delivered|relayed)
    """,
)
"""What says that a mail arrived."""

DELAY_SUBJECT = _choice(
    r"""
    ^warning\b.{0,80}\b(?:delay|not been (?:sent|delivered)|could not send|still being)
    ^(?:notice|warning): delayed mail
    delayed mail
    delivery (?:is |has been |temporarily )?delayed
    (?:delivery )?status notification \(delay\)
    mail delivery delayed
    delayed delivery
    delayed 24
    ^delayed:
    delivery delay
    delivery warning
    transient delivery
    deferred
    verzögert
    zustellung verzögert
    vertraagd
    retardé
    retrasad
    atrasad
    ritardat
    opóźnion
    задержан
    отложен
    fördröj
    forsinket
    zpožděn
    gecik
    viivästy
    """,
)
"""Subjects of a mail about one that is tried again."""

_NOT_DELIVERED = r"""
    could ?n[o']t be (?:delivered|sent|reached|handed)
    could not deliver
    unable to (?:be )?deliver
    (?:can(?:not| not|'t)|was(?:n't| not)) (?:be )?deliver(?:ed)?
    not (?:been |be )?delivered
    (?:wasn't|was not|not) able to deliver
    (?:message|mail|email) (?:was|has been|is) (?:rejected|returned|blocked|refused)
    (?:message|mail|email) (?:was|has been|is) (?:undeliverable|bounced)
    undeliver(?:ed|able)
    permanent fatal error
    deliver(?:y|ing)[^.\n]{0,60}(?:failed|failure|errors?|problems?|aborted)
    had fatal errors
    fail(?:ed|ure)[^.\n]{0,40}(?:deliver|recipient|reasons?)
    did(?:n't| not) reach the following
    following (?:address|recipient)[^.\n]{0,50}(?:fail|error|reject|problem|unknown)
    following (?:address|recipient)[^.\n]{0,50}(?:could not|cannot|not exist|did not)
    transcript of session
    remote host said
    retry time(?:out)? (?:not reached|exceeded)
    message frozen
    this is the (?:qmail-send|mail system|dragonfly|mailer-daemon)
    returned mail\b
    error message below
    failed addresses follow
    we had trouble delivering
    \"notificationtype\":\s?\"(?:bounce|complaint)
    \"eventtype\":\s?\"(?:bounce|complaint)
    # German, Dutch, French, Spanish, Portuguese, Italian
    nicht (?:zugestellt|zustellbar|ausgeliefert|erreicht)
    unzustellbar
    zustellung[^.\n]{0,40}(?:fehl|nicht)
    fehler ist dauerhaft
    niet (?:worden )?(?:bezorgd|afgeleverd|besteld)
    onbestelbaar
    bezorging[^.\n]{0,40}mislukt
    n'a pas pu être (?:remis|livré|distribué|délivré|envoyé)
    n'a pas été (?:remis|distribué)
    non remis
    échec de
    no (?:se )?(?:ha podido|pudo|puede) (?:ser )?(?:entreg|enviar)
    no se entregó
    não (?:foi|pôde|pode) (?:ser )?(?:possível )?entreg
    non (?:è stato possibile|può essere|è stato) (?:recapitat|consegnat|consegnare|recapitare)
    mancata consegna
    # the others
    nie (?:mogła|można|została) (?:zostać )?dostarcz
    не (?:может|могло|было|удалось|удается) (?:быть )?(?:достав|отправ)
    не достав
    kunde inte levereras
    kan inte levereras
    kunne ikke leveres
    kan ikke leveres
    ikke leveret
    nebylo možné doručit
    nelze doručit
    teslim edilemedi
    iletilemedi
    ei voitu toimittaa
    nem (?:sikerült|lehet) kézbesíteni
    nu a putut fi livrat
    не (?:беше|можа) (?:да бъде )?достав
    配信できません
    配信に失敗
    送信できません
    届けできません
    无法(?:投递|发送|送达)
    無法傳遞
    退信
    반송
"""
_MAILBOX_STATES = r"""
    user unknown
    unknown user
    no such (?:user|mailbox|recipient)
    user not found
    over quota
    mailbox (?:is )?(?:full|unavailable|not found|disabled|does not exist)
    quota exceeded
    invalid (?:user|recipient|mailbox|final delivery)
    recipient (?:address )?rejected
    unrouteable
    recipient(?: name)? is not recognized
    unroutable
    relay(?:ing)? (?:access )?denied
    relay error
    too many hops
    loops back to
    mail loop
    loop detected
    no valid recipients
    postfach (?:ist )?voll
    unbekannter (?:empfänger|benutzer)
    boîte (?:aux lettres )?pleine
    buzón (?:está )?lleno
    caixa (?:postal )?(?:está )?cheia
    casella piena
    почтовый ящик (?:переполнен|недоступен)
    пользователь не найден
"""
NOT_DELIVERED_TEXT = _choice(_NOT_DELIVERED)
"""Sentences that tell that a mail was not delivered."""

FAILURE_TEXT = _choice(_NOT_DELIVERED + _MAILBOX_STATES)
"""The same, and states of mailboxes that failures name and people name too."""

REFUSAL_TEXT = _choice(
    r"""
    has been rejected
    does? not (?:exist|have an account)
    no such (?:address|domain)
    fatal error
    could ?n[o']t be processed
    permanent (?:error|failure)
    host (?:or domain name )?not found
    domain (?:name )?(?:does ?n[o']t exist|not found)
    giving up
    i've given up
    given up on
    out: 5\d\d
    rcpt to:<
    returned message
    has detected a loop
    duplicated message-id
    you are not (?:a )?member
    blocked by our
    spam firewall
    message (?:size )?(?:exceeds|too (?:large|big))
    rejected (?:by|for|as|due)
    not accepted
    policy (?:violation|reasons?)
    is not at\b
    account (?:is )?(?:disabled|suspended|inactive)
    could ?n[o']t find
    no mail (?:exchanger|host)
    not listed in
    delivery status notification
    sorry, (?:we|i|your)
    invalid address
    """,
)
"""Sentences of a refusal that people write too: they count where a mailer-daemon writes."""

DELAY_TEXT = _choice(
    r"""
    warning message only
    you do not need to resend
    do not need to resend your message
    delivery attempts will continue
    will (?:continue|keep|be) (?:to )?(?:try|retr)
    still trying
    will be retried
    has been delayed
    temporar(?:y|ily) (?:problem|delayed|deferred)
    wird weiterhin versucht
    wordt opnieuw geprobeerd
    nouvelle tentative
    se seguirá intentando
    """,
)
"""Sentences that tell that the mail is tried again."""

PERMANENT_TEXT = _choice(
    r"""
    permanent (?:error|failure)
    permanent fatal
    giving up
    given up
    no further (?:delivery )?attempts
    cannot be delivered
    will be deleted from
    not going to try again
    in the queue too long
    this is a permanent
    dauerhaft
    """,
)
"""Sentences that tell that it is not tried again."""

SMTP_REPLY = _choice(
    r"""
    (?<![\d.])5[0-5]\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b
    (?<![\d.])5[0-5]\d[ -][^\n]{0,80}(?:user|mailbox|recipient|account|address|unknown)
    (?<![\d.])5[0-5]\d[ -][^\n]{0,80}(?:relay|spam|reject|denied|unavailable|blocked|policy|message)
    (?<![\d.])5\.[0-7]\.\d{1,2}(?![\d.])
    """,
)
"""A server's refusal as SMTP writes it."""

COPY_BEGINS = _choice(
    r"""
    [^\n]{0,60}\b(?<!receive a )copy of (?:the|your)[^\n]{0,80}
    [^\n]{0,60}\b(?:header of the original|message header)[^\n]{0,80}
    [^\n]{0,60}\b(?:original|returned|undelivered) (?:message|mail)[^\n]{0,80}
    [^\n]{0,60}\bheaders? follow[^\n]{0,80}
    [ \t]{0,40}-{3,20} ?(?:returned|original|start of)[^\n]{0,60}
    """,
    before=r"(?im)^(?:",
    after=r")$",
)
"""The line after which a mail that comes back, or an answer, repeats the notice; in any case."""

PERSONS_COPY = re.compile(r"-{5,20} ?original message ?-{5,20}", re.IGNORECASE)
"""The one of these that mail programs write under people's answers."""

LEAVES_LIST = re.compile(r"unsubscribe")
"""Subjects of a mail by which a mail program leaves a list (RFC 2369), as a whole."""

AUTOMATIC_FIELDS = (
    "x-autoreply",
    "x-auto-reply",
    "x-autoreply-from",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-response",
    "x-vacation",
    "x-mail-autoreply",
    "x-ms-exchange-generated-message-source",
    "x-ms-exchange-inbox-rules-loop",
    "x-jitterbit-autoreply",
)
"""Header fields that answering programs write about their own mail."""

AUTOMATIC_SUBJECT = _choice(
    r"""
    # English
    auto(?:matic|mated|-?generated)?[ -]?(?:reply|response|answer|respons|acknowledge?ment|msg)\b
    auto:
    out[ -]of[ -](?:the[ -])?office
    away from (?:the|my) office
    i am (?:away|out of)
    (?:on )?(?:vacation|holiday|annual leave)(?: reply| response| message|:|$)
    absence:
    # Dutch, German, French
    automatisch (?:antwoord|bericht)
    automatische (?:antwoord|reactie|beantwoording)
    afwezig
    niet aanwezig
    automatische antwort
    automatisch(?:e)? (?:antwort|rückmeldung|nachricht)
    abwesen
    ich bin (?:nicht im büro|abwesend)
    nicht im büro
    réponse automatique
    réponse d'absence
    absence du bureau
    absent(?:e)? du bureau
    message d'absence
    # Spanish, Portuguese, Italian, Polish
    respuesta automática
    respuesta automatica
    fuera de (?:la )?oficina
    ausente
    resposta automática
    resposta automatica
    fora do escritório
    ausência
    ausente do escritório
    risposta automatica
    fuori (?:sede|ufficio)
    assente
    assenza
    odpowiedź automatyczna
    automatyczna odpowiedź
    autoodpowiedź
    poza biurem
    nieobecn
    # Russian, Ukrainian, Bulgarian, Swedish, Danish, Norwegian
    автоматический ответ
    автоответ
    вне офиса
    автоматична відповідь
    автоматичен отговор
    извън офиса
    autosvar
    automatiskt svar
    automatisk svar
    frånvaro
    ej på plats
    fravær
    ikke på kontoret
    ikke til stede
    # Czech, Slovak, Turkish, Japanese, Finnish, Hungarian
    # Romanian, Greek, Croatian, Chinese, Korean
    automatická odpověď
    automatická odpoveď
    mimo kancelář
    nepřítomn
    otomatik (?:yanıt|cevap)
    ofis dışında
    自動返信
    自動応答
    不在(?:通知|です)?
    automaattinen vastaus
    automaattivastaus
    poissa
    automatikus válasz
    házon kívül
    răspuns automat
    raspuns automat
    absent din birou
    αυτόματη απάντηση
    εκτός γραφείου
    automatski odgovor
    自动(?:回复|答复)
    自動回覆
    자동 ?(?:회신|응답)
    """,
    before=r"\s{0,5}(?:\[[^\]]{1,60}\]\s{0,5})?",
)
"""How subjects of answering programs begin."""

RECEIPT_SUBJECT = _choice(
    r"""
    we(?:'ve| have)? received your
    (?:has been|was) received\b
    thank you for (?:contacting|your (?:e-?mail|message|report|request|submission|enquiry|inquiry))
    confirmation of receipt
    acknowledge?ment of receipt
    receipt confirmation
    (?:ticket|request|case|issue) (?:has been )?(?:received|created|opened|registered|logged)
    new (?:support )?ticket (?:created|opened)
    eingangsbestätigung
    (?:anfrage|nachricht|e-?mail|meldung)[^:]{0,30}(?:eingegangen|erhalten)
    empfangsbestätigung
    ihre anfrage (?:ist|wurde)
    ontvangstbevestiging
    bevestiging van ontvangst
    (?:melding|bericht|aanvraag|verzoek|e-?mail)[^:]{0,30} ontvangen
    accusé de réception
    confirmation de réception
    (?:nous avons bien reçu|bien reçu votre)
    acuse de recibo
    (?:hemos|se ha) recibido (?:su|tu)
    confirmación de recepción
    confirmação de (?:receb|recepç)
    (?:recebemos (?:a )?sua)
    aviso de recebimento
    conferma di (?:ricezione|lettura|ricevimento)
    abbiamo ricevuto
    potwierdzenie (?:otrzymania|przyjęcia|odbioru)
    otrzymaliśmy
    подтверждение (?:получения|приема|приёма)
    ваш(?:е|а)? (?:обращение|заявка|запрос|письмо)[^:]{0,30}(?:получен|принят|зарегистрирован)
    підтвердження отримання
    потвърждение за получ
    mottagningsbekräftelse
    bekräftelse på mottag
    vi har (?:mottagit|tagit emot|modtaget|mottatt)
    kvittering for modtag
    bekræftelse på modtag
    bekreftelse på mottak
    potvrzení (?:o )?přij
    (?:vaše|váš) (?:žádost|požadavek|zpráva)[^:]{0,20}(?:přijat|doručen)
    obdrželi jsme
    (?:talebiniz|mesajınız|iletiniz)[^:]{0,20}alın
    alındı (?:onayı|bildirimi)
    (?:お問い合わせ|メール|ご連絡)[^:]{0,20}(?:受け付け|受付|受信)
    受付(?:完了|確認)
    受信確認
    vastaanottovahvistus
    (?:viestisi|pyyntösi)[^:]{0,20}vastaanotettu
    (?:visszaigazolás|megkaptuk)
    confirmare de primire
    am primit (?:mesajul|solicitarea)
    επιβεβαίωση παραλαβής
    potvrda primitka
    已收到您的
    접수되었습니다
    """,
)
"""Subjects of a ticket system's receipt, anywhere in a subject that is no answer."""

RETURNED_NOTICE = frozenset(
    [
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/global-headers",
        "message/partial",
        "message/rfc822-headers",
    ]
)
"""Content types of a notice that comes back."""
