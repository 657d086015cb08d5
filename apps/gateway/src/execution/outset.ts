import { randomUUID } from 'node:crypto';
import { Problem } from '@gatehouse/contracts';
import { draw, type FlowVersion, type Plan } from '@gatehouse/plan';
import type { Brands, HostBrand } from './brands.js';
import type { Events } from './events.js';
import { REQUEST_DEADLINE_MS } from './executor.js';
import type { Flows } from './flows.js';
import type { Planning } from './planning.js';
import { type Identity, type Plans, savedUserOf } from './plans.js';
import type { FlowRequest } from './request.js';
import { type ConfiguredSite, siteOf } from './site.js';
import type { Situation } from './stage-requests.js';
import { Turns } from './turns.js';

interface Parts {
  readonly plans: Plans;
  readonly flows: Flows;
  readonly brands: Brands;
  readonly planning: Planning;
  readonly events: Events;
  readonly site: ConfiguredSite;
}

/** Begins flows that already know whom they are about, so that their first step need not find out (01-executor §11). */
export class Outset {
  constructor(private readonly parts: Parts) {}

  /**
   * Puts a fresh plan about `user`, who asks, in place of whatever plan of that flow there is in the session, if the flow's
   * policies let it begin; its requirement is asked when it is entered. Throws not_found, not_authenticated (there is no
   * session to begin it in), flow_not_applicable, and stage_busy when another request was quicker.
   */
  async begin(request: FlowRequest, user: Identity): Promise<void> {
    const loaded = await this.parts.plans.find(request.slug, request.sessionKey);
    const version = loaded && (await this.parts.flows.find(loaded.newestVersionId));
    if (!version) throw new Problem('not_found');
    const { session, flowId, newestVersionId: versionId, row } = loaded;
    if (!session || session.retired) throw new Problem('not_authenticated');
    const brand = await this.parts.brands.find(request.host, loaded.brandsRevision);
    const planned = await this.parts.planning.plan(this.situationOf(request, version, { user, brand }));
    const about = { clientIp: request.client.ip, flow: version.flow.slug, user: savedUserOf(user) };
    await this.parts.events.record(planned.effects, about);
    if ('refused' in planned) throw new Problem('flow_not_applicable', detailOf(planned.refused));
    const begun = await this.parts.plans.begin({ flowId, versionId, plan: planned.plan, session, replaces: row });
    if (!begun) throw new Problem('stage_busy', { detail: 'Another request of this session was quicker.' });
  }

  private situationOf(
    request: FlowRequest,
    version: FlowVersion,
    { user, brand }: { readonly user: Identity; readonly brand: HostBrand },
  ): Situation {
    return {
      ...{ request, version, plan: planAbout(user, version, request), sessionUser: savedUserOf(user), revision: 0 },
      proved: false,
      site: siteOf(this.parts.site, brand),
      locale: request.localeFor({ user, brand }),
      turns: new Turns(),
      timeLeftMs: () => request.arrivedAt + REQUEST_DEADLINE_MS - performance.now(),
    };
  }
}

function planAbout(user: Identity, version: FlowVersion, { query }: FlowRequest): Plan {
  const { flow_token: _secret, next: _kept, ...rest } = query;
  const context = { pending_user: savedUserOf(user) };
  return { ...draw(version, randomUUID()), context, visitor: user.uuid, query: rest };
}

const detailOf = (messages: readonly string[]) => (messages.length > 0 ? { detail: messages.join('\n') } : {});
