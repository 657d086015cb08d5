import { Problem } from '@gatehouse/contracts';
import { translator } from '@gatehouse/texts';
import { Body, Controller, Get, HttpStatus, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CSRF_FIELD, crossSiteFailure, ensureCsrfToken, formCsrfFailure } from '../http/csrf.js';
import type { HttpExchange } from '../http/exchange.js';
import { parsePk } from '../http/identifiers.js';
import { loginUrl } from '../http/login-url.js';
import { sendPage } from '../http/pages/page.sender.js';
import { PageRenderer } from '../http/pages/page-renderer.js';
import { lastValue } from '../http/query.js';
import { type FormFields, parseForm } from '../http/zod-body.pipe.js';
import { proposedFields, typedFields } from './flow-change.form.js';
import { type FlowAction, FlowChangeLoader } from './flow-change.loader.js';
import { FlowChangeFormService } from './flow-change-form.service.js';
import { FLOW_PAGES_PATH, FlowPageContext, superuserOf } from './flow-page.context.js';
import { presentRefusal } from './refusal.presenter.js';

type Query = Readonly<Record<string, unknown>>;

/** Flow, action and version of a form, as the address of its page contains them. */
interface Form {
  readonly slug: string;
  readonly action: FlowAction;
  readonly version: number | undefined;
}

/** The typed values of a form, and why they were refused. */
interface ShownForm {
  readonly typed: FormFields;
  readonly wrong?: Parameters<PageRenderer['flowChange']>[0]['wrong'];
  readonly problem?: Problem | undefined;
}

const ACTIONS: readonly FlowAction[] = ['publish', 'rollout', 'rollback', 'preview'];

/**
 * The pages on which superusers confirm a change of a flow, or make a preview link. Their forms need no JavaScript.
 * They contain the versions that the page has shown, so that a concurrent change by another superuser is detected.
 */
@AllowAnonymous()
@Controller('/if/admin/flows/:slug')
export class FlowChangePagesController {
  constructor(
    @Inject(FlowChangeLoader) private readonly loader: FlowChangeLoader,
    @Inject(FlowChangeFormService) private readonly forms: FlowChangeFormService,
    @Inject(FlowPageContext) private readonly context: FlowPageContext,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'BASE_URL' | 'QUERY_LIMIT_BYTES'>,
  ) {}

  @Get(':action/')
  async show(
    @Param() params: Readonly<Record<string, string>>,
    @Query() query: Query,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const form = formOf(params, query);
    const principal = superuserOf(request);
    if (!principal) return reply.redirect(loginUrl(request.url), 302);
    const exchange = { request, reply };
    return this.draw(exchange, { form, principal, status: HttpStatus.OK }, { typed: query });
  }

  @Post(':action/')
  async submit(
    @Param() params: Readonly<Record<string, string>>,
    @Query() query: Query,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const form = formOf(params, query);
    const principal = superuserOf(request);
    if (!principal) return reply.redirect(loginUrl(addressOf(form)), 303);
    // No guard checks the CSRF token: a form with a stale token is answered with the page and a new token.
    const { [CSRF_FIELD]: token, ...fields } = parseForm(body);
    const isForeign = crossSiteFailure(request, this.config.BASE_URL) !== undefined;
    const shown: ShownForm = { typed: isForeign ? {} : fields };
    try {
      const forgery = formCsrfFailure(request, this.config.BASE_URL, token);
      if (forgery) throw new Problem('csrf_failed', { detail: forgery });
      const done = await this.forms.submit({ ...form, fields, request, principal });
      if ('value' in done) return reply.redirect(done.value, 303);
      const page = { form, principal, status: HttpStatus.BAD_REQUEST };
      return await this.draw({ request, reply }, page, { ...shown, wrong: done.wrong });
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'internal_fault') throw error;
      const page = { form, principal, status: error.entry.status };
      return this.draw({ request, reply }, page, { ...shown, problem: error });
    }
  }

  /** Sends the page of the form with the current state of the flow. */
  private async draw(
    { request, reply }: HttpExchange,
    { form, principal, status }: { readonly form: Form; readonly principal: Principal; readonly status: number },
    { typed: fields, wrong = [], problem }: ShownForm,
  ) {
    const { slug, action } = form;
    const loaded = await this.loader.load(slug, action, form.version);
    const shared = await this.context.load(request, principal);
    const missing = await this.missingAccess(action, principal);
    const typed = typedFields(action, fields);
    const refusal = problem ?? loaded.problem ?? missing;
    const page = this.pages.flowChange({
      ...shared,
      ...{ action, wrong, flow: loaded.flow, version: loaded.version, confirmation: loaded.confirmation },
      address: addressOf(form),
      token: { field: CSRF_FIELD, value: ensureCsrfToken(request, reply) },
      typed: { ...proposedFields(action, loaded.flow.candidate?.percent), ...typed },
      refused: refusal && presentRefusal(refusal, translator(shared.locale)),
      login: missing && this.loginFor(form, typed),
    });
    const retryAfterS = problem?.retryAfterS;
    if (retryAfterS !== undefined) void reply.header('retry-after', String(Math.ceil(retryAfterS)));
    const isRefusedHere = status === HttpStatus.OK && loaded.problem;
    return sendPage(reply.status(isRefusedHere ? loaded.problem.entry.status : status), page);
  }

  private async missingAccess(action: FlowAction, principal: Principal): Promise<Problem | undefined> {
    try {
      await this.forms.requireAccess(action, principal);
      return undefined;
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  /**
   * Returns the URL of the login, after which the visitor returns to the form with the typed values. Leaves out a
   * reason that would make the URL too long.
   */
  private loginFor(form: Form, typed: Readonly<Record<string, string>>): string {
    const { reason: _long, ...short } = typed;
    const [whole, shortened] = [typed, short].map((fields) => addressOf(form, fields)) as [string, string];
    const length = new URLSearchParams({ next: whole }).toString().length;
    return loginUrl(length <= this.config.QUERY_LIMIT_BYTES ? whole : shortened);
  }
}

/** Returns the form that an address names. Throws `not_found` if there is no such form. */
function formOf({ slug = '', action }: Readonly<Record<string, string>>, query: Query): Form {
  const known = ACTIONS.find((name) => name === action);
  if (!known) throw new Problem('not_found');
  return { slug, action: known, version: parsePk(lastValue(query['version'])) };
}

/** Returns the address of a form. `typed` fills its fields. */
function addressOf({ slug, action, version }: Form, typed: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    ...(version !== undefined && { version: String(version) }),
    ...typed,
  }).toString();
  return `${FLOW_PAGES_PATH}${encodeURIComponent(slug)}/${action}/${query && `?${query}`}`;
}
