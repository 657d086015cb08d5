import type { PolicyRequest, User } from '@gatehouse/contracts';
import { type PolicyUser, PolicyUserRepository } from '@gatehouse/directory';
import type { ExpressionInput } from '@gatehouse/expressions';
import { GeoLocator } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { PolicyInput } from '../policy.js';

/**
 * Matches Python source that may list all fields of a user, or read a field that the request does not contain. The user
 * is loaded from the directory only for such sources. A field name must follow `.` or a quotation mark to match, so
 * that words in comments mostly do not.
 */
const DIRECTORY_FIELDS =
  /[.'"](attributes|type|path|date_joined|last_login|password_change_date|has_usable_password|is_superuser)\b|__dict__|\bvars\b|\bak_obj_attr\b/;

/** Builds the input of an expression (docs/spec/policies.md#policy-input). */
@Injectable()
export class ExpressionInputs {
  constructor(
    @Inject(PolicyUserRepository) private readonly users: PolicyUserRepository,
    @Inject(GeoLocator) private readonly geoLocator: GeoLocator,
  ) {}

  async build({ request, facts }: PolicyInput, sources: readonly string[]): Promise<ExpressionInput> {
    const { user, visitor, client, flow_plan } = request;
    const isFull = sources.some((source) => DIRECTORY_FIELDS.test(source));
    const fullUser = user && isFull ? await this.withDirectoryFields(user) : user;
    const isUser = isSame(visitor, user);
    const fullVisitor = isUser ? fullUser : visitor && isFull ? await this.withDirectoryFields(visitor) : visitor;
    const { plan } = facts;
    const users = PLAN_USERS.filter((name) => plan[name] !== undefined).map((name) => {
      const known = plan[name];
      return [name, isSame(known, user) ? fullUser : isSame(known, visitor) ? fullVisitor : known];
    });
    return {
      request: { user: fullUser, obj: { slug: flow_plan.slug }, http_request: httpRequestOf(request, fullVisitor) },
      context: { ...this.locationOf(client.ip), ...facts.extraVariables },
      ...(!flow_plan.withheld && {
        flow_plan: {
          slug: flow_plan.slug,
          ...(flow_plan.id !== undefined && { flow_pk: flow_plan.id.replaceAll('-', '') }),
          context: { ...plan, ...Object.fromEntries(users) },
        },
      }),
      client_ip: client.ip,
      ...(request.names && { names: 'user' in request.names ? { ...request.names, user: fullUser } : request.names }),
    };
  }

  private async withDirectoryFields(user: User): Promise<object> {
    if (user.kind !== 'saved') return user;
    const [policyUser] = (await this.users.find({ uuid: user.uuid }, 1)) ?? [];
    return policyUser ? { ...toExpressionUser(policyUser), ...user } : user;
  }

  private locationOf(ip: string): object {
    const [network, location] = [this.geoLocator.findNetwork(ip), this.geoLocator.findLocation(ip)];
    const { continent, country, city_name: city, latitude: lat, longitude: long } = location ?? {};
    return {
      geoip: location ? { continent, country, lat, long, city: city ?? '' } : null,
      asn: network ? { asn: network.asn, as_org: network.organization, network: network.network } : null,
    };
  }
}

/** Returns a user of the directory in the JSON format for expressions. */
export function toExpressionUser({ has_usable_password, ...policyUser }: PolicyUser): object {
  return { ...policyUser, password_usable: has_usable_password };
}

/** The facts of a plan that are users. */
const PLAN_USERS = ['pending_user', 'user_switch_from_user'] as const;

const isSame = (known: unknown, user: User | null | undefined) =>
  user?.kind === 'saved' && (known as { uuid?: unknown } | undefined)?.uuid === user.uuid;

/** Returns the HTTP request in the form that expressions see. It has no cookies and no credentials. */
function httpRequestOf(
  { client, flow_plan, method = 'GET', site }: PolicyRequest,
  visitor: object | null | undefined,
): object {
  const { protocol, host } = new URL(site.base_url);
  return {
    method,
    ...(visitor !== undefined && { visitor }),
    ...{ scheme: protocol.slice(0, -1), path: `/api/v3/flows/executor/${flow_plan.slug}/` },
    META: { REMOTE_ADDR: client.ip },
    headers: { 'User-Agent': client.user_agent, Host: host },
    brand: { branding_title: site.brand },
  };
}
