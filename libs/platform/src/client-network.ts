import ipaddr from 'ipaddr.js';

/**
 * Returns the network of a client: its IPv4 address, or the /64 of its IPv6 address, because one client may own a whole
 * /64.
 */
export function clientNetwork(ip: string): string {
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  const prefix = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}
