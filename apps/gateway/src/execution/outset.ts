import { randomUUID } from 'node:crypto';
import { Problem } from '@gatehouse/contracts';
import { draw } from '@gatehouse/plan';
import type { Flows } from './flows.js';
import { type Identity, type Plans, savedUserOf } from './plans.js';

/** A flow to be begun in a session, about whoever asks. */
interface Begun {
  readonly slug: string;
  readonly user: Identity;
  /** SHA-256 of the session cookie. */
  readonly sessionKey: Buffer;
  /** The inner query that the flow is begun with. */
  readonly query: Readonly<Record<string, string>>;
}

/** Begins flows that already know whom they are about, so that their first step need not find out (01-executor §11). */
export class Outset {
  constructor(private readonly parts: { readonly plans: Plans; readonly flows: Flows }) {}

  /**
   * Puts a fresh plan about the user in place of whatever plan of that flow there is; requirements of the flow
   * are asked when it is entered. Throws not_found, not_authenticated, and stage_busy when another request was quicker.
   */
  async begin({ slug, user, sessionKey, query }: Begun): Promise<void> {
    const loaded = await this.parts.plans.find(slug, sessionKey);
    const version = loaded && (await this.parts.flows.find(loaded.newestVersionId));
    if (!version) throw new Problem('not_found');
    const { session, flowId, newestVersionId: versionId, row } = loaded;
    if (!session || session.retired) throw new Problem('not_authenticated');
    const { flow_token: _secret, next: _kept, ...rest } = query;
    const plan = {
      ...draw(version, randomUUID()),
      context: { pending_user: savedUserOf(user) },
      visitor: user.uuid,
      query: rest,
    };
    const begun = await this.parts.plans.begin({ flowId, versionId, plan, session, replaces: row });
    if (!begun) throw new Problem('stage_busy', { detail: 'Another request of this session was quicker.' });
  }
}
