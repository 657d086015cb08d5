import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The range from which IANA assigns public IPv6 addresses. Addresses outside of it are not public, and may contain an
 * IPv4 address, such as `::127.0.0.1`.
 */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Returns whether an IP address is public: not loopback, private, link-local or otherwise reserved. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(GLOBAL_IPV6));
}

/**
 * Returns a DNS `lookup` for sockets that only returns addresses for which `isAllowed` is true. The socket connects to
 * exactly the address that was checked, which prevents DNS rebinding. Node.js does not call `lookup` for a literal IP
 * address, so the caller must check such an address itself.
 */
export const filteredLookup =
  (isAllowed: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }).then(
      (addresses) => {
        const allowed = addresses.filter(({ address }) => isAllowed(address));
        const [first] = allowed;
        if (!first) return callback(privateAddressError(hostname), '', 4);
        return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 4),
    );
  };

const privateAddressError = (hostname: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${hostname} resolves to a private network`), { code: 'ERR_PRIVATE_ADDRESS' });
