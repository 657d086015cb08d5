import { PolicyUserRepository } from '@gatehouse/directory';
import { BusyError, isDatabaseUnavailable } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type PolicyInput, UndecidedPolicyError } from '../policy.js';
import { AuthenticatorRepository } from './authenticator.repository.js';
import { toExpressionUser } from './expression-inputs.js';
import { httpRequestArguments, PolicyHttpClient } from './http/policy-http-client.js';

const bag = z.record(z.string(), z.unknown());
const userReference = z.looseObject({ uuid: z.uuid() });
const lookupArguments = z.object({ filters: bag, most: z.union([z.literal(1), z.literal(2)]) });
const callbackArguments = {
  users_by: lookupArguments,
  groups_by: lookupArguments,
  groups_of: z.object({ user: z.unknown(), above: z.boolean(), filters: bag }),
  group_attributes: z.object({ user: z.unknown() }),
  call_policy: z.object({ name: z.string(), kwargs: bag }),
  http: httpRequestArguments,
  addresses: z.object({ host: z.string(), family: z.union([z.literal(0), z.literal(4), z.literal(6)]) }),
  host_name: z.object({ address: z.string() }),
  has_authenticator: z.object({ user: z.unknown(), type: z.string().nullable() }),
};

/** Names of the callbacks that send requests to other hosts. */
const OUTSIDE: ReadonlySet<string> = new Set(['http', 'addresses', 'host_name']);

/** The services that callbacks use. */
@Injectable()
export class ExpressionDataSources {
  constructor(
    @Inject(PolicyUserRepository) readonly users: PolicyUserRepository,
    @Inject(PolicyHttpClient) readonly http: PolicyHttpClient,
    @Inject(AuthenticatorRepository) readonly authenticators: AuthenticatorRepository,
  ) {}
}

/** Answers the requests that a running expression sends to this process with the function `ask` of host.py. */
export class ExpressionCallbacks {
  /**
   * Set if Postgres is unavailable or the service is busy. The evaluation then fails, even if the expression has caught
   * the error.
   */
  failure: { readonly cause: unknown } | undefined;

  private requests = 0;

  constructor(
    private readonly sources: ExpressionDataSources,
    private readonly input: PolicyInput,
  ) {}

  async handle(name: string, args: unknown): Promise<unknown> {
    try {
      return await this.dispatch(name, args);
    } catch (cause) {
      if (!(cause instanceof UndecidedPolicyError) && (cause instanceof BusyError || isDatabaseUnavailable(cause)))
        this.failure = { cause };
      throw cause;
    }
  }

  private dispatch(name: string, args: unknown): Promise<unknown> {
    if (this.input.request.dry_run === 'preview' && OUTSIDE.has(name))
      throw new UndecidedPolicyError('The policy requests another host, which a preview does not allow.');
    switch (name) {
      case 'users_by':
        return this.usersBy(callbackArguments.users_by.parse(args));
      case 'groups_by':
        return this.groupsBy(callbackArguments.groups_by.parse(args));
      case 'groups_of':
        return this.groupsOf(callbackArguments.groups_of.parse(args));
      case 'group_attributes':
        return this.groupAttributes(callbackArguments.group_attributes.parse(args));
      case 'call_policy':
        return this.callPolicy(callbackArguments.call_policy.parse(args));
      case 'http':
        return this.http(callbackArguments.http.parse(args));
      case 'addresses':
        return this.addresses(callbackArguments.addresses.parse(args));
      case 'host_name':
        return this.sources.http.reverseLookup(callbackArguments.host_name.parse(args).address);
      case 'has_authenticator':
        return this.hasAuthenticator(callbackArguments.has_authenticator.parse(args));
      default:
        return Promise.reject(new Error(`the callback ${name} does not exist`));
    }
  }

  private async usersBy({ filters, most }: z.output<typeof lookupArguments>): Promise<unknown> {
    return (await this.sources.users.find(filters, most))?.map(toExpressionUser);
  }

  private groupsBy({ filters, most }: z.output<typeof lookupArguments>): Promise<unknown> {
    return this.sources.users.findGroups(filters, most);
  }

  private groupsOf({ user, ...query }: z.output<typeof callbackArguments.groups_of>): Promise<unknown> {
    return this.sources.users.findGroupsOf(userReference.safeParse(user).data?.uuid, query);
  }

  private async groupAttributes({ user }: z.output<typeof callbackArguments.group_attributes>): Promise<unknown> {
    const parsed = userReference.safeParse(user);
    return parsed.success ? this.sources.users.findGroupAttributes(parsed.data.uuid) : {};
  }

  private async callPolicy({ name, kwargs }: z.output<typeof callbackArguments.call_policy>): Promise<unknown> {
    const { pass, messages } = await this.input.call(name, kwargs);
    return { passing: pass, messages, raw_result: pass };
  }

  /**
   * Returns whether the user has an authenticator device. Returns false without a user, and for a user who is not
   * saved.
   */
  private async hasAuthenticator({
    user,
    type,
  }: z.output<typeof callbackArguments.has_authenticator>): Promise<boolean> {
    const parsed = userReference.safeParse(user);
    return parsed.success && this.sources.authenticators.has(parsed.data.uuid, type?.toLowerCase());
  }

  private async http(request: z.output<typeof callbackArguments.http>): Promise<unknown> {
    const { http } = this.sources;
    if (++this.requests > http.limits.requests)
      throw new UndecidedPolicyError(`The policy makes more than ${http.limits.requests} requests.`);
    return http.send(request, this.input.signal);
  }

  private addresses({ host, family }: z.output<typeof callbackArguments.addresses>): Promise<string[]> {
    return this.sources.http.resolve(host, family);
  }
}
