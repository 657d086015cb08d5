import type { GeoLocation, GeoLocator, NetworkInfo } from '@gatehouse/platform';

/** The bindings of a session, with the modes of user_login's config (docs/spec/stages.md#user-login). */
export interface SessionBindings {
  readonly network: string;
  readonly geoip: string;
}

/** Why a session may not be used from its current address (docs/spec/sessions.md#session-binding). */
export interface BindingViolation {
  readonly reason: string;
  readonly previous_value: string | number | null;
  readonly new_value: string | number | null;
}

/** A change of a session's address. */
export interface AddressChange {
  readonly from: string | undefined;
  readonly to: string;
}

/** The value that a mode compares. Rules are sorted from weak to strong; each mode includes the rules before it. */
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

/** Returns the first violation of a session's bindings, networks before places; `undefined` if there is none. */
export function findViolation(
  { from, to }: AddressChange,
  bindings: SessionBindings,
  places: GeoLocator,
): BindingViolation | undefined {
  const previous = from ?? '';
  const networks = { before: places.findNetwork(previous), after: places.findNetwork(to) };
  const locations = { before: places.findLocation(previous), after: places.findLocation(to) };
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

/** An unknown value equals nothing, so a binding that cannot be checked is violated. */
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
