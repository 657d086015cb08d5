import { Problem } from '@gatehouse/contracts';
import { BrandStore, FlowStore, type HostBrand } from '@gatehouse/executor';
import { parseUserAgent } from '@gatehouse/platform';
import type { AccountPageData } from '@gatehouse/web';
import { Body, Controller, Get, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ConsentRecord, ConsentRepository } from '../consents/consent.repository.js';
import type { RequestActor } from '../devices/device.service.js';
import { FLOW_PAGES_PATH } from '../flow-pages/flow-page.context.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CSRF_FIELD, ensureCsrfToken, formCsrfFailure } from '../http/csrf.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import type { HttpExchange } from '../http/exchange.js';
import { isUuid, parsePk } from '../http/identifiers.js';
import { pageLanguageFor } from '../http/locale.js';
import { loginUrl } from '../http/login-url.js';
import { sendPage } from '../http/pages/page.sender.js';
import { brandAppearance, PageRenderer } from '../http/pages/page-renderer.js';
import { type FormFields, parseForm } from '../http/zod-body.pipe.js';
import { SessionRepository, type SessionSummary } from '../sessions/session.repository.js';
import { SessionRemovalRepository } from '../sessions/session-removal.repository.js';
import { SessionMessenger } from '../sockets/session-messenger.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { DeviceFormService } from './device-form.service.js';
import { UserFormService } from './user-form.service.js';

/** Path of the account page. */
export const ACCOUNT_PAGE_PATH = '/if/user/';
const LOGIN = loginUrl(ACCOUNT_PAGE_PATH);

type Refusal = NonNullable<AccountPageData['refused']>;
const REFUSAL_STATUSES: Readonly<Record<Refusal, number>> = {
  stale: new Problem('csrf_failed').entry.status,
  unproved: new Problem('proof_required').entry.status,
  name: HttpStatus.BAD_REQUEST,
};

/**
 * Kind of the password stage. Its setting names the flow in which users change their password, to which the page links.
 */
const PASSWORD = 'password';

/** Largest number of sessions and of consents on the page. The page also shows the total number of sessions. */
const MAX_SHOWN = 50;
const FIRST_SHOWN = { offset: 0, limit: MAX_SHOWN };

/** A user's own account page. Its forms need the CSRF token of the page. */
@AllowAnonymous()
@Controller('/if/user')
export class AccountPageController {
  constructor(
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(SessionRemovalRepository) private readonly removals: SessionRemovalRepository,
    @Inject(ConsentRepository) private readonly consents: ConsentRepository,
    @Inject(DeviceFormService) private readonly deviceForms: DeviceFormService,
    @Inject(UserFormService) private readonly userForms: UserFormService,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(SessionMessenger) private readonly messenger: SessionMessenger,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get('')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const { principal } = request;
    return principal ? this.draw({ request, reply }, principal) : reply.redirect(LOGIN, 302);
  }

  /**
   * Ends a session, revokes a consent, renames or removes a device of the user, or starts the flow that adds a user to
   * the browser or switches to another user. Ignores an object that no longer exists.
   */
  @Post('')
  async submit(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const { principal } = request;
    if (!principal) return reply.redirect(LOGIN, 303);
    // No guard checks the CSRF token: an anonymous visitor is redirected to the login first, and a form with a stale
    // token is answered with the page and a new token.
    const { [CSRF_FIELD]: token, ...fields } = parseForm(body);
    const isForged = formCsrfFailure(request, this.config.BASE_URL, token) !== undefined;
    const refused = isForged ? 'stale' : await this.change(fields, { request, principal });
    if (refused === undefined) {
      const flow = await this.userForms.start(fields, { request, reply }, principal);
      return reply.redirect(flow ?? ACCOUNT_PAGE_PATH, 303);
    }
    return this.draw({ request, reply: reply.status(REFUSAL_STATUSES[refused]) }, principal, refused);
  }

  /** Carries out the change that a form requests. Returns the reason if the change is refused. */
  private async change(
    { session, consent, ...deviceFields }: FormFields,
    actor: RequestActor,
  ): Promise<Refusal | undefined> {
    if (isUuid(session)) await this.endSession(session, actor);
    await this.revokeConsent(parsePk(consent), actor);
    return this.deviceForms.change(deviceFields, actor);
  }

  private async endSession(session: string, { request, principal }: RequestActor): Promise<void> {
    const facts = await this.eventFacts.read(request, principal);
    this.messenger.closeSockets((await this.removals.remove(session, principal.user.uuid, facts)) ?? []);
  }

  private async revokeConsent(pk: number | undefined, { request, principal }: RequestActor): Promise<void> {
    const consent = pk === undefined ? undefined : await this.consents.find(pk, principal.user.uuid);
    if (consent) await this.consents.remove(consent, await this.eventFacts.read(request, principal));
  }

  private async draw({ request, reply }: HttpExchange, principal: Principal, refused?: Refusal) {
    const brand = await this.brands.find(request.host);
    const page = this.pages.account({
      account: { ...(await this.loadAccount(principal, brand)), ...(await this.userForms.load(request, principal)) },
      brand: brandAppearance(brand),
      ...pageLanguageFor(request, { user: principal.user, brand }),
      address: ACCOUNT_PAGE_PATH,
      token: { field: CSRF_FIELD, value: ensureCsrfToken(request, reply) },
      now: new Date(),
      ...(refused ? { refused } : {}),
    });
    return sendPage(reply, page);
  }

  private async loadAccount({ user, sessionId }: Principal, { flows }: HostBrand): Promise<AccountPageData['account']> {
    const { username, name, email, groups } = user;
    const sessions = await this.sessions.list(user.uuid, FIRST_SHOWN);
    const shown = sessions.map((session) => toPageSession(session, sessionId));
    const count = await this.sessions.count(user.uuid);
    const consents = await this.consents.list(user.uuid, FIRST_SHOWN);
    return {
      user: { username, name, email, avatar: this.avatars.urlOf(user), groups: groups.map((group) => group.name) },
      ...(user.is_superuser && { flowPages: FLOW_PAGES_PATH }),
      changeFlows: await this.changeLinks(flows.user_settings),
      sessions: { shown, count },
      devices: await this.deviceForms.load(user.uuid),
      passkeys: await this.deviceForms.passkeys(user),
      consents: consents.map(toPageConsent),
    };
  }

  private async changeLinks(settingsFlow: string | undefined): Promise<AccountPageData['account']['changeFlows']> {
    const [password] = await this.flows.listConfigurableStages([PASSWORD]);
    return {
      ...(settingsFlow && { details: `/if/flow/${settingsFlow}/` }),
      ...(password && { password: `/flows/-/configure/${password.id}/` }),
    };
  }
}

function toPageSession({ id, lastIp, userAgent, lastUsed }: SessionSummary, currentId: string | undefined) {
  const { user_agent: browser, os } = parseUserAgent(userAgent);
  return {
    ...{ id, lastUsed, address: lastIp, browser: browser.family, system: os.family },
    current: id === currentId,
  };
}

const toPageConsent = ({ pk, application, permissions }: ConsentRecord) => ({
  id: String(pk),
  application: application.name,
  permissions,
});
