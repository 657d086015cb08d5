import { PolicyUserRepository } from '@gatehouse/directory';
import { BusyError, isDatabaseUnavailable } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type PolicyInput, UndecidedPolicyError } from '../policy.js';
import { Authenticators } from './authenticators.js';
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

/** Whom expressions ask by way of this process. */
@Injectable()
export class ExpressionDataSources {
  constructor(
    @Inject(PolicyUserRepository) readonly people: PolicyUserRepository,
    @Inject(PolicyHttpClient) readonly outside: PolicyHttpClient,
    @Inject(Authenticators) readonly authenticators: Authenticators,
  ) {}
}

/** Answers what an expression asks of the house while it runs. */
export class ExpressionCallbacks {
  /** What is no failure of the expression, whatever it makes of it: the database is away, or the house busy. */
  failure: { readonly cause: unknown } | undefined;

  private requests = 0;

  constructor(
    private readonly sources: ExpressionDataSources,
    private readonly question: PolicyInput,
  ) {}

  async to(name: string, args: unknown): Promise<unknown> {
    try {
      return await this.answer(name, args);
    } catch (cause) {
      if (!(cause instanceof UndecidedPolicyError) && (cause instanceof BusyError || isDatabaseUnavailable(cause)))
        this.failure = { cause };
      throw cause;
    }
  }

  private answer(name: string, args: unknown): Promise<unknown> {
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
        return this.sources.outside.nameOf(callbackArguments.host_name.parse(args).address);
      case 'has_authenticator':
        return this.hasAuthenticator(callbackArguments.has_authenticator.parse(args));
      default:
        return Promise.reject(new Error(`policies cannot ask for ${name}`));
    }
  }

  private async usersBy({ filters, most }: z.output<typeof lookupArguments>): Promise<unknown> {
    return (await this.sources.people.find(filters, most)).map(toExpressionUser);
  }

  private groupsBy({ filters, most }: z.output<typeof lookupArguments>): Promise<unknown> {
    return this.sources.people.findGroups(filters, most);
  }

  private async groupsOf({ user, ...wanted }: z.output<typeof callbackArguments.groups_of>): Promise<unknown> {
    const known = userReference.safeParse(user);
    return known.success ? this.sources.people.findGroupsOf(known.data.uuid, wanted) : [];
  }

  private async groupAttributes({ user }: z.output<typeof callbackArguments.group_attributes>): Promise<unknown> {
    const known = userReference.safeParse(user);
    return known.success ? this.sources.people.findGroupAttributes(known.data.uuid) : {};
  }

  private async callPolicy({ name, kwargs }: z.output<typeof callbackArguments.call_policy>): Promise<unknown> {
    const { pass, messages } = await this.question.call(name, kwargs);
    return { passing: pass, messages, raw_result: pass };
  }

  /** Whoever is not saved, or nobody, has none. */
  private async hasAuthenticator({
    user,
    type,
  }: z.output<typeof callbackArguments.has_authenticator>): Promise<boolean> {
    const found = userReference.safeParse(user);
    return found.success && this.sources.authenticators.has(found.data.uuid, type?.toLowerCase());
  }

  private async http(asked: z.output<typeof callbackArguments.http>): Promise<unknown> {
    const { outside } = this.sources;
    if (++this.requests > outside.limits.requests)
      throw new UndecidedPolicyError(`The policy makes more than ${outside.limits.requests} requests.`);
    return outside.ask(asked, this.question.signal);
  }

  private addresses({ host, family }: z.output<typeof callbackArguments.addresses>): Promise<string[]> {
    return this.sources.outside.addressesOf(host, family);
  }
}
