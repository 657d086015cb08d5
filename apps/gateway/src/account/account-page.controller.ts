import { Problem } from '@gatehouse/contracts';
import { BrandStore, FlowStore, type HostBrand } from '@gatehouse/executor';
import type { AccountPageData } from '@gatehouse/web';
import { Body, Controller, Get, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ConsentRecord, Consents } from '../consents/consents.js';
import type { RequestActor } from '../devices/device.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AuthService, type Principal } from '../http/auth/auth.service.js';
import { InvalidBody } from '../http/body.parser.js';
import { ClientResolver } from '../http/client-info.js';
import { CSRF_FIELD, ensureCsrfToken, formCsrfFailure } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { parsePk } from '../http/identifiers.js';
import { localeFor } from '../http/locale.js';
import { brandAppearance } from '../http/pages/brand-appearance.js';
import { sendPage } from '../http/pages/page.sender.js';
import { PageRenderer } from '../http/pages/page-renderer.js';
import { isUuid } from '../http/uuid.js';
import { type SessionSummary, Sessions } from '../sessions/sessions.js';
import { parseUserAgent } from '../sessions/user-agent.js';
import { AvatarService } from '../users/avatars/avatar.service.js';
import { DeviceFormService } from './device-form.service.js';

/** Where somebody's own page is. */
export const ACCOUNT_PAGE_PATH = '/if/user/';
const LOGIN = `/flows/-/default/authentication/?next=${encodeURIComponent(ACCOUNT_PAGE_PATH)}`;

type Refusal = NonNullable<AccountPageData['refused']>;
const REFUSAL_STATUSES: Readonly<Record<Refusal, number>> = {
  stale: new Problem('csrf_failed').entry.status,
  unproved: new Problem('proof_required').entry.status,
  name: HttpStatus.BAD_REQUEST,
};

/** The kind of the stages by whose flow people change their password. */
const PASSWORD = 'password';

/** Sessions that are shown; whoever has more reads how many. */
const MAX_SHOWN_SESSIONS = 50;

/** Somebody's own page: who they are, and where they are logged in. Its forms are taken with the page's token only. */
@Controller('/if/user')
export class AccountPageController {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Consents) private readonly consents: Consents,
    @Inject(DeviceFormService) private readonly deviceForms: DeviceFormService,
    @Inject(ClientResolver) private readonly clients: ClientResolver,
    @Inject(AvatarService) private readonly avatars: AvatarService,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get('')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const principal = await this.principals.find({ request, reply });
    return principal ? this.draw({ request, reply }, principal) : reply.redirect(LOGIN, 302);
  }

  /** Ends one of one's own sessions, takes a consent back or changes a device, whoever one is; that it is gone already is as good. */
  @Post('')
  async end(@Body() fields: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const principal = await this.principals.find({ request, reply });
    if (!principal) return reply.redirect(LOGIN, 303);
    if (fields instanceof InvalidBody) throw fields.problem;
    const exchange = { request, reply };
    const { [CSRF_FIELD]: token, ...asked } = Object(fields) as Record<string, unknown>;
    const forged = formCsrfFailure(request, this.config.BASE_URL, token) !== undefined;
    const refused = forged ? 'stale' : await this.change(asked, { exchange, principal });
    if (refused === undefined) return reply.redirect(ACCOUNT_PAGE_PATH, 303);
    return this.draw({ request, reply: reply.status(REFUSAL_STATUSES[refused]) }, principal, refused);
  }

  /** Does what a form asks for; why not, if it is not done. */
  private async change(
    { session, consent, ...device }: Record<string, unknown>,
    asker: RequestActor,
  ): Promise<Refusal | undefined> {
    const { exchange, principal } = asker;
    if (isUuid(session)) await this.sessions.remove(session, principal.user.uuid);
    await this.takeBack(parsePk(consent), exchange, principal);
    return this.deviceForms.change(device, asker);
  }

  private async takeBack(pk: number | undefined, { request }: HttpExchange, { user }: Principal): Promise<void> {
    const consent = pk === undefined ? undefined : await this.consents.find(pk, user.uuid);
    if (consent) await this.consents.remove(consent, { by: user, clientIp: (await this.clients.of(request)).ip });
  }

  private async draw({ request, reply }: HttpExchange, principal: Principal, refused?: Refusal) {
    const brand = await this.brands.find(request.host);
    const page = this.pages.own({
      account: await this.ownOf(principal, brand),
      brand: brandAppearance(brand),
      locale: localeFor(request, { user: principal.user, brand }),
      address: ACCOUNT_PAGE_PATH,
      token: { field: CSRF_FIELD, value: ensureCsrfToken(request, reply) },
      now: new Date(),
      ...(refused ? { refused } : {}),
    });
    return sendPage(reply, page);
  }

  private async ownOf({ user, sessionId }: Principal, { flows }: HostBrand): Promise<AccountPageData['account']> {
    const { username, name, email, groups } = user;
    const found = await this.sessions.list(user.uuid, { offset: 0, limit: MAX_SHOWN_SESSIONS });
    const shown = found.map((session) => toPageSession(session, sessionId));
    const count = await this.sessions.count(user.uuid);
    const consents = await this.consents.list(user.uuid, { offset: 0, limit: MAX_SHOWN_SESSIONS });
    return {
      user: { username, name, email, avatar: this.avatars.of(user), groups: groups.map((group) => group.name) },
      changeFlows: await this.changesBy(flows.user_settings),
      sessions: { shown, count },
      devices: await this.deviceForms.of(user.uuid),
      consents: consents.map(toPageConsent),
    };
  }

  private async changesBy(settings: string | undefined): Promise<AccountPageData['account']['changeFlows']> {
    const [password] = await this.flows.listConfigurable([PASSWORD]);
    return {
      ...(settings && { details: `/if/flow/${settings}/` }),
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
