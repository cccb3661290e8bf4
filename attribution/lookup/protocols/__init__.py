"""One module a protocol: DNS, RDAP, WHOIS, origins behind proxies, lists, time stamps."""
