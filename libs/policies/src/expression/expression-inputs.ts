import type { PolicyRequest, User } from '@gatehouse/contracts';
import { type PolicyUser, PolicyUserRepository } from '@gatehouse/directory';
import type { ExpressionInput } from '@gatehouse/expressions';
import { GeoLocator } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { PolicyInput } from '../policy.js';

/**
 * Fields of a user that are looked up only for an expression that takes one of them, or that takes whatever there is. A
 * word in a remark is no use of it.
 */
const DIRECTORY_FIELDS =
  /[.'"](attributes|type|path|date_joined|last_login|password_change_date|has_usable_password|is_superuser)\b|__dict__|\bvars\b/;

/** What an expression is given to look at (docs/spec/policies.md#policy-input). */
@Injectable()
export class ExpressionInputs {
  constructor(
    @Inject(PolicyUserRepository) private readonly people: PolicyUserRepository,
    @Inject(GeoLocator) private readonly places: GeoLocator,
  ) {}

  async of({ request, facts }: PolicyInput, sources: readonly string[]): Promise<ExpressionInput> {
    const { user, client, flow_plan } = request;
    const known = user && sources.some((source) => DIRECTORY_FIELDS.test(source)) ? await this.lookedUp(user) : user;
    const { pending_user, ...plan } = facts.plan;
    const pending = isSame(pending_user, user) ? known : pending_user;
    return {
      request: { user: known, obj: { slug: flow_plan.slug }, http_request: httpRequestOf(request) },
      context: { ...this.placeOf(client.ip), ...facts.given },
      ...(!flow_plan.withheld && {
        flow_plan: { slug: flow_plan.slug, context: pending ? { ...plan, pending_user: pending } : plan },
      }),
      client_ip: client.ip,
      ...(request.names && { names: 'user' in request.names ? { ...request.names, user: known } : request.names }),
    };
  }

  private async lookedUp(user: User): Promise<object> {
    if (user.kind !== 'saved') return user;
    const [person] = await this.people.find({ uuid: user.uuid }, 1);
    return person ? { ...toExpressionUser(person), ...user } : user;
  }

  private placeOf(ip: string): object {
    const [network, location] = [this.places.findNetwork(ip), this.places.findLocation(ip)];
    const { continent, country, city_name: city, latitude: lat, longitude: long } = location ?? {};
    return {
      geoip: location ? { continent, country, lat, long, city: city ?? '' } : null,
      asn: network ? { asn: network.asn, as_org: network.organization, network: network.network } : null,
    };
  }
}

/** A user out of the directory, as JSON. */
export function toExpressionUser({ has_usable_password, ...person }: PolicyUser): object {
  return { ...person, password_usable: has_usable_password };
}

const isSame = (pending: unknown, user: User | null) =>
  user?.kind === 'saved' && (pending as { uuid?: unknown } | undefined)?.uuid === user.uuid;

/** Of a request only what the gateway tells: a policy sees no cookie and no credential. */
function httpRequestOf({ client, flow_plan, method = 'GET', site }: PolicyRequest): object {
  return {
    method,
    path: `/api/v3/flows/executor/${flow_plan.slug}/`,
    headers: { 'User-Agent': client.user_agent, Host: new URL(site.base_url).host },
    brand: { branding_title: site.brand },
  };
}
