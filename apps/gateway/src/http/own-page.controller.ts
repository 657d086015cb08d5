import { Problem } from '@gatehouse/contracts';
import type { OpenedOwn } from '@gatehouse/web';
import { Body, Controller, Get, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Brands, type HostBrand } from '../execution/brands.js';
import { Consents, type ListedConsent } from '../execution/consents.js';
import { Flows } from '../execution/flows.js';
import { type ListedSession, Sessions } from '../execution/sessions.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { Avatars } from './avatars.js';
import { Unreadable } from './body.parser.js';
import { Clients } from './client.js';
import { CSRF_FIELD, csrfTokenOf, formForgeryOf } from './csrf.js';
import type { Asker } from './device.desk.js';
import { DeviceForms } from './device.forms.js';
import type { Exchange } from './exchange.js';
import { localeFor } from './language.js';
import { looksOf } from './looks.js';
import { sendPage } from './page.sender.js';
import { pkOf } from './pk.js';
import { type Principal, Principals } from './principal.js';
import { SitePages } from './site-pages.js';
import { parseUserAgent } from './user-agent.js';
import { isUuid } from './uuid.js';

/** Where somebody's own page is. */
export const OWN_PAGE = '/if/user/';
const LOGIN = `/flows/-/default/authentication/?next=${encodeURIComponent(OWN_PAGE)}`;

type Refusal = NonNullable<OpenedOwn['refused']>;
const STATUSES: Readonly<Record<Refusal, number>> = {
  stale: new Problem('csrf_failed').entry.status,
  unproved: new Problem('proof_required').entry.status,
  name: HttpStatus.BAD_REQUEST,
};

/** The kind of the stages by whose flow people change their password. */
const PASSWORD = 'password';

/** Sessions that are shown; whoever has more reads how many. */
const SHOWN = 50;

/** Somebody's own page: who they are, and where they are logged in. Its forms are taken with the page's token only. */
@Controller('/if/user')
export class OwnPageController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Consents) private readonly consents: Consents,
    @Inject(DeviceForms) private readonly deviceForms: DeviceForms,
    @Inject(Clients) private readonly clients: Clients,
    @Inject(Avatars) private readonly avatars: Avatars,
    @Inject(SitePages) private readonly pages: SitePages,
    @Inject(Brands) private readonly brands: Brands,
    @Inject(Flows) private readonly flows: Flows,
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
    if (fields instanceof Unreadable) throw fields.problem;
    const exchange = { request, reply };
    const { [CSRF_FIELD]: token, ...asked } = Object(fields) as Record<string, unknown>;
    const forged = formForgeryOf(request, this.config.BASE_URL, token) !== undefined;
    const refused = forged ? 'stale' : await this.change(asked, { exchange, principal });
    if (refused === undefined) return reply.redirect(OWN_PAGE, 303);
    return this.draw({ request, reply: reply.status(STATUSES[refused]) }, principal, refused);
  }

  /** Does what a form asks for; why not, if it is not done. */
  private async change(
    { session, consent, ...device }: Record<string, unknown>,
    asker: Asker,
  ): Promise<Refusal | undefined> {
    const { exchange, principal } = asker;
    if (isUuid(session)) await this.sessions.remove(session, principal.user.uuid);
    await this.takeBack(pkOf(consent), exchange, principal);
    return this.deviceForms.change(device, asker);
  }

  private async takeBack(pk: number | undefined, { request }: Exchange, { user }: Principal): Promise<void> {
    const consent = pk === undefined ? undefined : await this.consents.find(pk, user.uuid);
    if (consent) await this.consents.remove(consent, { by: user, clientIp: (await this.clients.of(request)).ip });
  }

  private async draw({ request, reply }: Exchange, principal: Principal, refused?: Refusal) {
    const brand = await this.brands.find(request.host);
    const page = this.pages.own({
      own: await this.ownOf(principal, brand),
      brand: looksOf(brand),
      locale: localeFor(request, { user: principal.user, brand }),
      address: OWN_PAGE,
      token: { field: CSRF_FIELD, value: csrfTokenOf(request, reply) },
      now: new Date(),
      ...(refused ? { refused } : {}),
    });
    return sendPage(reply, page);
  }

  private async ownOf({ user, sessionId }: Principal, { flows }: HostBrand): Promise<OpenedOwn['own']> {
    const { username, name, email, groups } = user;
    const found = await this.sessions.list(user.uuid, { offset: 0, limit: SHOWN });
    const shown = found.map((session) => ownSession(session, sessionId));
    const count = await this.sessions.count(user.uuid);
    const consents = await this.consents.list(user.uuid, { offset: 0, limit: SHOWN });
    return {
      user: { username, name, email, avatar: this.avatars.of(user), groups: groups.map((group) => group.name) },
      changes: await this.changesBy(flows.user_settings),
      sessions: { shown, count },
      devices: await this.deviceForms.of(user.uuid),
      consents: consents.map(ownConsent),
    };
  }

  private async changesBy(settings: string | undefined): Promise<OpenedOwn['own']['changes']> {
    const [password] = await this.flows.listConfigurable([PASSWORD]);
    return {
      ...(settings && { details: `/if/flow/${settings}/` }),
      ...(password && { password: `/flows/-/configure/${password.id}/` }),
    };
  }
}

function ownSession({ id, lastIp, userAgent, lastUsed }: ListedSession, currentId: string | undefined) {
  const { user_agent: browser, os } = parseUserAgent(userAgent);
  return {
    ...{ id, lastUsed, address: lastIp, browser: browser.family, system: os.family },
    current: id === currentId,
  };
}

const ownConsent = ({ pk, application, permissions }: ListedConsent) => ({
  id: String(pk),
  application: application.name,
  permissions,
});
