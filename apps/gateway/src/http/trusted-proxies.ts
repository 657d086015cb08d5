import ipaddr from 'ipaddr.js';

/** Names of networks that Fastify knows. */
const NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];

/**
 * Returns the addresses and networks in the setting TRUSTED_PROXIES, as Fastify accepts them. Throws an Error that names
 * the first invalid one.
 */
export function trustedProxiesIn(setting: string): string[] {
  const proxies = setting.split(',').flatMap((proxy) => proxy.trim() || []);
  for (const proxy of proxies)
    if (!NETWORKS.includes(proxy) && !isNetwork(proxy))
      throw new Error(`${proxy} is no IP address or network, such as 10.0.0.7 or 10.0.0.0/8`);
  return proxies;
}

function isNetwork(text: string): boolean {
  const [address = '', range, ...others] = text.split('/');
  if (!ipaddr.isValid(address) || others.length > 0) return false;
  if (range === undefined) return true;
  const isIpv4 = ipaddr.parse(address).kind() === 'ipv4';
  if (/^\d+$/.test(range)) return Number(range) > 0 && Number(range) <= (isIpv4 ? 32 : 128);
  return isIpv4 && ipaddr.IPv4.isValid(range) && (ipaddr.IPv4.parse(range).prefixLengthFromSubnetMask() ?? 0) > 0;
}
