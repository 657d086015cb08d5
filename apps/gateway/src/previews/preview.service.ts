import { Problem, type Sentence, sentence } from '@gatehouse/contracts';
import {
  EventRecorder,
  type FlowRequest,
  FlowStore,
  openPreviewLink,
  type Preview,
  PreviewEngine,
  type PreviewLink,
  type PreviewResponse,
  previewLinkId,
  previewState,
  toSavedUser,
  UserDirectory,
} from '@gatehouse/executor';
import { Sealer, UnsealError } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { Principal } from '../http/auth/auth.service.js';
import { RecentLoginService } from '../http/auth/recent-login.service.js';
import { PreviewRateLimiter } from './preview.rate-limiter.js';

const INVALID = sentence('This preview link is not valid. Create another one.');
const EXPIRED = sentence('This preview link has expired. Create another one.');
const NO_VERSION = sentence('The previewed version of the flow no longer exists.');
const NO_USER = sentence('The test user of this preview must exist, be active, and be no superuser.');
const OTHER_STATE = sentence('This preview was started elsewhere. Open its link again.');

/** A preview link that an operator may use, and what it allows. */
export interface OpenedPreview {
  readonly link: PreviewLink;
  readonly preview: Omit<Preview, 'state'>;
  /** Identifies the link and the operator's session, to which the state of a run is bound. */
  readonly owner: string;
}

/** The response of a preview, with the sealed state for the next request. */
export interface PreviewStep extends Omit<PreviewResponse, 'state'> {
  readonly state: string | undefined;
}

/** Opens preview links for superusers, and runs their flow versions (docs/spec/preview.md). */
@Injectable()
export class PreviewService {
  constructor(
    @Inject(PreviewEngine) private readonly engine: PreviewEngine,
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(UserDirectory) private readonly users: UserDirectory,
    @Inject(EventRecorder) private readonly events: EventRecorder,
    @Inject(RecentLoginService) private readonly recentLogin: RecentLoginService,
    @Inject(PreviewRateLimiter) private readonly rateLimiter: PreviewRateLimiter,
    @Inject(Sealer) private readonly sealer: Sealer,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'PREVIEW_MAX_S'>,
  ) {}

  /**
   * Returns what a link allows. Throws `permission_denied` unless the caller is a superuser in a session,
   * `preview_refused` for a link that is altered or expired, or whose version or test user no longer exists, and
   * `rate_limited`.
   */
  async open(token: string, { user: operator, sessionId, byToken }: Principal): Promise<OpenedPreview> {
    if (!operator.is_superuser || byToken || sessionId === undefined) throw new Problem('permission_denied');
    const link = openPreviewLink(this.sealer, token);
    if (!link) throw refused(INVALID);
    if (Date.now() >= this.expiryOf(link)) throw refused(EXPIRED);
    this.rateLimiter.admit(token);
    const [version, user] = await Promise.all([this.flows.find(link.version), this.users.find(link.user)]);
    if (version?.flow.slug !== link.flow) throw refused(NO_VERSION);
    if (!user?.is_active || user.is_superuser) throw refused(NO_USER);
    return {
      link,
      preview: {
        ...{ slug: link.flow, flowId: version.flow.id, versionId: link.version },
        user: { ...toSavedUser(user), is_superuser: false, debug: false },
        startsLoggedIn: version.flow.authentication === 'require_authenticated',
      },
      owner: `${previewLinkId(token)} ${sessionId}`,
    };
  }

  /** Starts a run. Throws `proof_required` without a recent login of the operator. Records that the preview was opened. */
  async start(opened: OpenedPreview, principal: Principal, request: FlowRequest): Promise<PreviewStep> {
    await this.recentLogin.require(principal);
    const step = await this.run(opened, undefined, request);
    await this.recordOpening(opened, principal, request);
    return step;
  }

  /** Continues a run. Throws `preview_refused` for a state of another link or session. */
  continue(opened: OpenedPreview, state: string, request: FlowRequest): Promise<PreviewStep> {
    return this.run(opened, this.openState(state, opened.owner), request);
  }

  private async run(
    { preview, owner }: OpenedPreview,
    state: Preview['state'],
    request: FlowRequest,
  ): Promise<PreviewStep> {
    const { state: next, ...step } = await this.engine.handle({ ...preview, state }, request);
    return { ...step, state: next && this.sealer.seal(stateId(owner), next).toString('base64url') };
  }

  private openState(sealed: string, owner: string): Preview['state'] {
    try {
      return previewState.parse(this.sealer.open(stateId(owner), Buffer.from(sealed, 'base64url')));
    } catch (error) {
      if (error instanceof UnsealError) throw refused(OTHER_STATE);
      throw error;
    }
  }

  /** Returns when a link expires: at its own expiry, but at the latest after PREVIEW_MAX_S. */
  private expiryOf({ issued, expires }: PreviewLink): number {
    return Math.min(Date.parse(expires), Date.parse(issued) + this.config.PREVIEW_MAX_S * 1000);
  }

  private recordOpening({ link, preview }: OpenedPreview, { user: operator }: Principal, request: FlowRequest) {
    const { uuid, username } = operator;
    const { ip: clientIp, user_agent: userAgent } = request.client;
    return this.events.record(
      [{ type: 'event', action: 'flow_previewed', context: { flow: link.flow, version: link.number } }],
      {
        ...{ user: toSavedUser(preview.user), actor: { type: 'user', uuid, username }, clientIp, userAgent },
        ...{ requestId: request.requestId, flow: link.flow, plan: '', findLocation: request.findLocation },
      },
    );
  }
}

/** The seal id of a state. A state does not open with another link, or in another session. */
const stateId = (owner: string) => ({ table: 'preview.state', id: owner, revision: 0 });

const refused = (detail: Sentence) => new Problem('preview_refused', { detail });
