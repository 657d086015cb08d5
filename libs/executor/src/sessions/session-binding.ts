import type { GeoLocation, GeoLocator, NetworkInfo } from '@gatehouse/platform';

/** The binding modes of a session, from the config of the user_login stage (docs/spec/stages.md#user-login). */
export interface SessionBindings {
  readonly network: string;
  readonly geoip: string;
}

/** The reason why a session may not be used from its client's address (docs/spec/sessions.md#session-binding). */
export interface BindingViolation {
  readonly reason: string;
  readonly previous_value: string | number | null;
  readonly new_value: string | number | null;
}

/** A change of the IP address from which a session is used. */
export interface AddressChange {
  readonly from: string | undefined;
  readonly to: string;
}

/**
 * A value that a binding mode compares, such as the country. The rules of a list get stricter from first to last. A
 * mode compares the value of its own rule and of all rules before it.
 */
interface BindingRule<T> {
  readonly mode: string;
  readonly reason: string;
  readonly value: (at: T, ip: string) => string | number | undefined;
}

const NETWORK: readonly BindingRule<NetworkInfo>[] = [
  { mode: 'bind_asn', reason: 'network.asn', value: ({ asn }) => asn },
  { mode: 'bind_asn_network', reason: 'network.asn_network', value: ({ network }) => network },
  { mode: 'bind_asn_network_ip', reason: 'network.ip', value: (_, ip) => ip },
];
const LOCATION: readonly BindingRule<GeoLocation>[] = [
  { mode: 'bind_continent', reason: 'geoip.continent', value: ({ continent }) => continent },
  { mode: 'bind_continent_country', reason: 'geoip.country', value: ({ country }) => country },
  { mode: 'bind_continent_country_city', reason: 'geoip.city', value: ({ city }) => city },
];

/**
 * Returns the first violation of a session's bindings; `undefined` if there is none. Checks the network before the
 * place.
 */
export function findViolation(
  { from, to }: AddressChange,
  bindings: SessionBindings,
  geoLocator: GeoLocator,
): BindingViolation | undefined {
  const previous = from ?? '';
  const networks = { before: geoLocator.findNetwork(previous), after: geoLocator.findNetwork(to) };
  const locations = { before: geoLocator.findLocation(previous), after: geoLocator.findLocation(to) };
  const move = { from: previous, to };
  return (
    firstDifference(move, networks, { checks: rulesUpTo(NETWORK, bindings.network), missing: 'network.missing' }) ??
    firstDifference(move, locations, { checks: rulesUpTo(LOCATION, bindings.geoip), missing: 'geoip.missing' })
  );
}

const rulesUpTo = <T>(checks: readonly BindingRule<T>[], mode: string) =>
  checks.slice(0, checks.findIndex((check) => check.mode === mode) + 1);

interface BeforeAfter<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Returns the violation of the first rule whose values differ. An unknown value counts as different. */
function firstDifference<T>(
  { from, to }: { from: string; to: string },
  { before, after }: BeforeAfter<T>,
  { checks, missing }: { checks: readonly BindingRule<T>[]; missing: string },
): BindingViolation | undefined {
  if (checks.length === 0) return undefined;
  if (!before || !after) return { reason: missing, previous_value: from || null, new_value: to };
  for (const { reason, value } of checks) {
    const [was, is] = [value(before, from), value(after, to)];
    if (was === undefined || was !== is) return { reason, previous_value: was ?? null, new_value: is ?? null };
  }
  return undefined;
}
