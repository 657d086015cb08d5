import ipaddr from 'ipaddr.js';

/**
 * Returns the network of a client: an IPv4 address, or the /64 of an IPv6 address, as one client may have a whole /64.
 */
export function clientNetwork(ip: string): string {
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  const prefix = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}
