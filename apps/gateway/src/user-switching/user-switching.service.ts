import { NON_FIELD_ERRORS, Problem, sentence } from '@gatehouse/contracts';
import { BrandStore, type FlowStartOptions, SessionBindingChecker, toSavedUser } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import { FlowService } from '../flows/flow.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { Principal } from '../http/auth/auth.service.js';
import { ClientResolver } from '../http/client.resolver.js';
import type { HttpExchange } from '../http/exchange.js';
import { withQuery } from '../http/query.js';
import { InvalidFieldsError } from '../http/zod-body.pipe.js';
import { LoginSetRepository } from '../sessions/login-set.repository.js';
import type { ActiveSession } from '../sessions/session.repository.js';
import { BrowserUsersService } from '../users/browser-users.service.js';

const NO_TOKEN = sentence('An API token cannot switch users. Log in first.');

/** The flow that adds or switches the user of a browser, and the query of its page. */
interface FlowStart {
  readonly slug: string | undefined;
  readonly query: Readonly<Record<string, string>>;
}

/** The user to whom a browser switches, by `pk`, and the query of the flow's page. */
export interface SwitchTarget extends Pick<FlowStart, 'query'> {
  readonly pk: number;
}

/** Starts the flows that add a user to a browser, or switch to another user of the browser (docs/adr/0119). */
@Injectable()
export class UserSwitchingService {
  constructor(
    @Inject(FlowService) private readonly flows: FlowService,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(LoginSetRepository) private readonly sets: LoginSetRepository,
    @Inject(BrowserUsersService) private readonly browserUsers: BrowserUsersService,
    @Inject(SessionBindingChecker) private readonly bindings: SessionBindingChecker,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION' | 'BROWSER_USERS_MAX'>,
  ) {}

  /** Returns whether users may switch at this host. */
  async isOffered(host: string): Promise<boolean> {
    const { newer_flows: flows } = await this.brands.find(host);
    return this.config.API_VERSION !== '2024.8' && flows?.user_switch !== undefined;
  }

  /**
   * Starts the login of one more user, and returns the address of its page. Throws InvalidFieldsError if the brand does
   * not allow user switching or the browser has too many users, `flow_not_applicable`, and `proof_required` for an API
   * token.
   */
  async add(exchange: HttpExchange, principal: Principal, query: FlowStart['query']): Promise<string> {
    await this.requireSession(exchange, principal);
    const { flowsByPurpose } = await this.brands.find(exchange.request.host);
    const others = await this.browserUsers.listOthers(exchange.request, principal);
    const max = this.config.BROWSER_USERS_MAX;
    if (others.length + 1 >= max) throw refused(`Ensure that no more than ${max} users are logged in.`);
    const { user } = principal;
    const options = { visitor: user, context: {}, userSwitch: { action: 'add', from: user.uuid } } as const;
    return this.begin(exchange, { slug: flowsByPurpose.authentication, query }, options);
  }

  /**
   * Starts the flow that switches to the session of another user of the browser, and returns the address of its page.
   * Throws the same as `add`, and `not_found` if that user has no live session in the browser, or if the binding of
   * that session does not match the client.
   */
  async switchTo(exchange: HttpExchange, principal: Principal, { pk, query }: SwitchTarget): Promise<string> {
    await this.requireSession(exchange, principal);
    const { newer_flows: flows } = await this.brands.find(exchange.request.host);
    const others = await this.browserUsers.listOthers(exchange.request, principal);
    const session = others.find(({ user }) => user.pk === pk);
    if (!session || !(await this.holds(exchange, session))) throw new Problem('not_found');
    const [from, to] = [toSavedUser(principal.user), toSavedUser(session.user)];
    const context = { pending_user: to, pending_user_identifier: to.username, user_switch_from_user: from };
    const userSwitch = { action: 'switch', from: from.uuid, session: session.id } as const;
    const start = { slug: flows?.user_switch, query };
    return this.begin(exchange, start, { visitor: principal.user, context, userSwitch });
  }

  /** Throws unless the caller's session can be used for user switching and the brand has the flow. */
  private async requireSession({ request }: HttpExchange, { byToken, sessionId }: Principal): Promise<void> {
    if (!(await this.isOffered(request.host))) throw refused('User switching is disabled.');
    if (byToken || sessionId === undefined) throw new Problem('proof_required', { detail: NO_TOKEN });
    if (await this.sets.isBound(sessionId)) throw refused('This session is bound to its device.');
  }

  /**
   * Returns whether the client is within the network and place to which the session is bound. Ends the session if it is
   * not.
   */
  private async holds({ request }: HttpExchange, session: ActiveSession): Promise<boolean> {
    const client = await this.clients.resolve(request);
    return this.bindings.check(session, { client, requestId: request.id });
  }

  private async begin(exchange: HttpExchange, { slug, query }: FlowStart, options: FlowStartOptions): Promise<string> {
    if (slug === undefined) throw new Problem('not_found');
    await this.flows.begin(exchange, { slug, query, crossSite: undefined }, options);
    return withQuery(`/if/flow/${slug}/`, query);
  }
}

const refused = (text: string) => new InvalidFieldsError({ [NON_FIELD_ERRORS]: [{ text }] });
