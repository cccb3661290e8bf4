<?php

/**
 * A whois provider for SCART that asks an `attribution` service.
 *
 * SCART calls `lookupIp` and `lookupDomain` of the class `scartWhois` + the name in its setting `whois.provider`, here `Attribution`. Put this file
 * beside SCART's other providers (scart/classes/whois/), and set in the environment of SCART:
 *
 *     ATTRIBUTION_URL   where the service is, e.g. https://attribution.hotline.example/
 *     ATTRIBUTION_KEY   a key with the scope `attribute`: `attribution api-key make scart --scope attribute`
 *
 * What is not known is told as not known: `status_success` is false, and nobody is named. Needs PHP 7.4 or newer with its curl extension.
 */

namespace abuseio\scart\classes\whois;

class scartWhoisAttribution
{
    /** Seconds for a connection, and for an answer: a registry may ask the service to wait. */
    private const CONNECT_SECONDS = 5;
    private const ANSWER_SECONDS = 90;

    /** The roles of a company that can take content down at an address. */
    private const HOSTING = ['platform', 'cdn', 'hosting', 'reseller'];

    /**
     * Who hosts what is at an address.
     *
     * @param string $ip            IPv4 or IPv6 address
     * @param bool   $returnresults also return the whole answer, as `nresult`
     * @return array{status_success: bool, status_text: string, host_lookup?: string, host_owner?: string, host_country?: string,
     *               host_abusecontact?: string, host_asn?: string, host_rawtext?: string, nresult?: array}
     */
    public static function lookupIp($ip, $returnresults = false)
    {
        try {
            $answer = self::ask((string) $ip);
        } catch (\RuntimeException $error) {
            return ['status_success' => false, 'status_text' => 'error attribution: ' . $error->getMessage()];
        }
        $party = $answer['primary'] ?? null;
        if ($party === null || !in_array($party['role'], self::HOSTING, true)) {
            return ['status_success' => false, 'status_text' => 'error attribution: nobody is known for this address: ' . self::why($answer)];
        }
        $result = [
            'status_success' => true,
            'status_text' => 'attribution: ' . $answer['status'],
            'host_lookup' => (string) $ip,
            'host_owner' => (string) $party['provider']['name'],
            'host_country' => (string) ($party['provider']['country'] ?? $answer['country']['registered'] ?? ''),
            'host_abusecontact' => (string) ($party['abuse_contact']['email'] ?? ''),
            'host_asn' => self::system($answer),
            'host_rawtext' => self::asText($answer),
        ];
        if ($returnresults) {
            $result['nresult'] = $answer;
        }
        return $result;
    }

    /**
     * Who registered a host's domain. As in SCART's own provider a registrar that is not known is no failure.
     *
     * @param string $host          host name
     * @param bool   $returnresults also return the whole answer, as `dresult`
     * @return array{status_success: bool, status_text: string, registrar_lookup: string, registrar_owner: string,
     *               registrar_abusecontact: string, registrar_country: string, registrar_rawtext: string, dresult: array|string}
     */
    public static function lookupDomain($host, $returnresults = false)
    {
        $result = [
            'status_success' => true,
            'status_text' => 'attribution: no registrar is known',
            'registrar_lookup' => self::domainOf((string) $host),
            'registrar_owner' => '',
            'registrar_abusecontact' => '',
            'registrar_country' => '',
            'registrar_rawtext' => '',
            'dresult' => '',
        ];
        try {
            $answer = self::ask((string) $host);
        } catch (\RuntimeException $error) {
            $result['status_text'] = 'Warning attribution: ' . $error->getMessage();
            return $result;
        }
        $result['registrar_rawtext'] = self::asText($answer);
        if ($returnresults) {
            $result['dresult'] = $answer;
        }
        foreach ($answer['parties'] as $party) {
            if ($party['role'] === 'registrar') {
                $result['status_text'] = 'attribution: ' . $answer['status'];
                $result['registrar_owner'] = (string) $party['provider']['name'];
                $result['registrar_abusecontact'] = (string) ($party['abuse_contact']['email'] ?? '');
                $result['registrar_country'] = (string) ($party['provider']['country'] ?? '');
                break;
            }
        }
        return $result;
    }

    /** Ask the service about an address or host name. @throws \RuntimeException in words for SCART's log */
    private static function ask(string $target): array
    {
        $url = getenv('ATTRIBUTION_URL');
        $key = getenv('ATTRIBUTION_KEY');
        if (!$url || !$key) {
            throw new \RuntimeException('set ATTRIBUTION_URL and ATTRIBUTION_KEY');
        }
        $call = curl_init(rtrim($url, '/') . '/api/v1/attributions');
        curl_setopt_array($call, [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => json_encode(['target' => $target], JSON_INVALID_UTF8_SUBSTITUTE),
            CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . $key, 'Content-Type: application/json', 'Accept: application/json'],
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_CONNECTTIMEOUT => self::CONNECT_SECONDS,
            CURLOPT_TIMEOUT => self::ANSWER_SECONDS,
        ]);
        $body = curl_exec($call);
        $status = curl_getinfo($call, CURLINFO_RESPONSE_CODE);
        $fault = curl_error($call);
        curl_close($call);
        if ($body === false) {
            throw new \RuntimeException('the service does not answer: ' . $fault);
        }
        $answer = json_decode($body, true);
        if ($status !== 200) {
            $detail = is_array($answer) && isset($answer['detail']) ? $answer['detail'] : 'no reason given';
            throw new \RuntimeException("the service answered $status: $detail");
        }
        if (!is_array($answer) || !isset($answer['status'], $answer['parties'])) {
            throw new \RuntimeException('the answer cannot be read');
        }
        return $answer;
    }

    /** The AS that announces the addresses, as `AS64496`; empty where it is not known. */
    private static function system(array $answer): string
    {
        foreach ($answer['addresses'] as $address) {
            if (isset($address['origin']['asn'])) {
                return 'AS' . $address['origin']['asn'];
            }
        }
        return '';
    }

    /** Why nobody is named, in the service's words. */
    private static function why(array $answer): string
    {
        $doubts = array_column($answer['doubts'], 'text');
        return $answer['status'] . ($doubts ? ': ' . end($doubts) : '');
    }

    /** The last two labels of a host, which SCART keeps its cache by. */
    private static function domainOf(string $host): string
    {
        return implode('.', array_slice(explode('.', $host), -2));
    }

    private static function asText(array $answer): string
    {
        return json_encode($answer, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
    }
}
