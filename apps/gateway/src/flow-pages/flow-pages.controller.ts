import { Problem } from '@gatehouse/contracts';
import type { FlowVersionsPageData } from '@gatehouse/web';
import { Controller, Get, HttpStatus, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowAnonymous } from '../http/auth/auth.guard.js';
import { parsePk } from '../http/identifiers.js';
import { loginUrl } from '../http/login-url.js';
import { sendPage } from '../http/pages/page.sender.js';
import { PageRenderer } from '../http/pages/page-renderer.js';
import { lastValue } from '../http/query.js';
import { FlowListRepository } from './flow-list.repository.js';
import { FLOW_PAGES_PATH, FlowPageContext, isSlug, superuserOf } from './flow-page.context.js';
import { FlowVersionRepository } from './flow-version.repository.js';
import { RolloutPresenter } from './rollout.presenter.js';
import { ShownVersionService } from './shown-version.service.js';

type ComparisonOutcome = Pick<FlowVersionsPageData, 'selected' | 'comparison' | 'refused'>;

/**
 * The pages on which superusers look at flows and their versions. Anonymous visitors are redirected to the login, and
 * then back to the page.
 */
@AllowAnonymous()
@Controller('/if/admin/flows')
export class FlowPagesController {
  constructor(
    @Inject(FlowListRepository) private readonly flows: FlowListRepository,
    @Inject(FlowVersionRepository) private readonly versions: FlowVersionRepository,
    @Inject(RolloutPresenter) private readonly rollouts: RolloutPresenter,
    @Inject(FlowPageContext) private readonly context: FlowPageContext,
    @Inject(ShownVersionService) private readonly shown: ShownVersionService,
    @Inject(PageRenderer) private readonly pages: PageRenderer,
  ) {}

  @Get('')
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const principal = superuserOf(request);
    if (!principal) return reply.redirect(loginUrl(FLOW_PAGES_PATH), 302);
    const shared = await this.context.load(request, principal);
    const [flows, completions] = await Promise.all([this.flows.list(), this.flows.completionsOfDay()]);
    return sendPage(reply, this.pages.flowList({ ...shared, address: FLOW_PAGES_PATH, flows, completions }));
  }

  @Get(':slug')
  async show(
    @Param('slug') slug: string,
    @Query() query: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const principal = superuserOf(request);
    if (!principal) return reply.redirect(loginUrl(request.url), 302);
    const flow = isSlug(slug) ? await this.flows.find(slug) : undefined;
    const found = flow && (await this.versions.versions(slug));
    if (!found) throw new Problem('not_found');
    const outcome = await this.compare(slug, found.versions, query);
    const shared = await this.context.load(request, principal);
    const drawn = await this.shown.load(slug, flow.version, query);
    const page = this.pages.flowVersions({
      ...shared,
      rollout: flow.candidate ? await this.rollouts.load(slug, shared.locale) : undefined,
      isChanged: query['done'] !== undefined,
      ...{ ...found, ...outcome, ...drawn, flow, address: `${FLOW_PAGES_PATH}${slug}/` },
    });
    return sendPage(reply.status(statusOf(outcome, drawn)), page);
  }

  /** Compares the versions that the query names. Without a query, selects the current version and the newest one. */
  private async compare(
    slug: string,
    versions: FlowVersionsPageData['versions'],
    query: Readonly<Record<string, unknown>>,
  ): Promise<ComparisonOutcome> {
    const current = versions.find(({ state }) => state === 'current')?.number ?? 1;
    const proposed = { from: current, to: versions[0]?.number ?? current };
    if (query['from'] === undefined && query['to'] === undefined) return { selected: proposed };
    const [from, to] = [parsePk(lastValue(query['from'])), parsePk(lastValue(query['to']))];
    const changes = from && to ? await this.versions.changes(slug, from, to) : undefined;
    if (!from || !to || !changes) return { selected: proposed, refused: 'unknown_version' };
    return { selected: { from, to }, comparison: { from, to, changes } };
  }
}

function statusOf({ refused }: ComparisonOutcome, { diagram }: Pick<FlowVersionsPageData, 'diagram'>): HttpStatus {
  if (refused || diagram === 'unknown_version') return HttpStatus.NOT_FOUND;
  return diagram === 'invalid_period' ? HttpStatus.BAD_REQUEST : HttpStatus.OK;
}
