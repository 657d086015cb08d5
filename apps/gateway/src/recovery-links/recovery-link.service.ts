import { NON_FIELD_ERRORS, Problem, parseDuration, type SavedUser } from '@gatehouse/contracts';
import { type FlowRequest, FlowStarter, resumeUrl, StageContractRegistry } from '@gatehouse/executor';
import type { EventRecorder } from '@gatehouse/outbox';
import { currentStep } from '@gatehouse/plan';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { InvalidFieldsError } from '../http/zod-body.pipe.js';
import { mailStepIndex } from './mail-step.js';
import { type RecoveryLink, RecoveryLinkRepository } from './recovery-link.repository.js';

/** Default lifetime of a link in seconds. */
const DEFAULT_LIFETIME_S = 86_400;

interface RequestedLink {
  readonly user: SavedUser;
  /** The duration text of the request, if it has one. */
  readonly duration: string | undefined;
  /** Writes the audit event of the link. */
  readonly events: EventRecorder;
}

/** Creates links for account recovery (docs/spec/http.md#recovery-links). */
@Injectable()
export class RecoveryLinkService {
  constructor(
    @Inject(FlowStarter) private readonly starter: FlowStarter,
    @Inject(StageContractRegistry) private readonly contracts: StageContractRegistry,
    @Inject(RecoveryLinkRepository) private readonly links: RecoveryLinkRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'BASE_URL' | 'RECOVERY_LINK_MAX_S'>,
  ) {}

  /**
   * Plans the flow of the request for the user, and returns the URL of a new link that continues this plan. Throws
   * InvalidFieldsError if the flow does not apply to the user, or if the duration is invalid.
   */
  async create(request: FlowRequest, { user, duration, events }: RequestedLink): Promise<string> {
    const ttlS = this.lifetimeOf(duration) ?? Math.min(DEFAULT_LIFETIME_S, this.config.RECOVERY_LINK_MAX_S);
    const planned = await this.plan(request, user);
    const token = await this.links.save({ ...planned, ttlS }, { event: creationEvent(ttlS), events });
    return this.urlOf(planned.flow.slug, token);
  }

  /**
   * Plans the flow of the request for a user. The plan waits at the first mail step, as if that step had mailed the
   * link, or at the first step if no step mails a link. Throws InvalidFieldsError if the flow does not apply to the
   * user.
   */
  async plan(request: FlowRequest, user: SavedUser): Promise<Omit<RecoveryLink, 'ttlS'>> {
    const { version, ...planned } = await this.starter.planLink(request, user).catch(asRefusal);
    const plan = { ...planned.plan, cursor: Math.max(0, mailStepIndex(planned.plan, version, this.contracts)) };
    const step = currentStep(plan, version);
    if (!step) throw notApplicable();
    const flow = { id: planned.flowId, slug: request.slug, versionId: planned.versionId };
    return { flow, plan, step: step.id, user };
  }

  /** Returns the URL of the link of a token. It begins with the configured base URL, not with the `Host` of a request. */
  urlOf(slug: string, token: string): string {
    return resumeUrl({ slug, baseUrl: this.config.BASE_URL.replace(/\/$/, ''), query: {} }, token);
  }

  /** Returns the seconds of the duration of a request, if it has one. Throws InvalidFieldsError for an invalid one. */
  lifetimeOf(duration: string | undefined): number | undefined {
    const { RECOVERY_LINK_MAX_S: maxS } = this.config;
    if (duration === undefined) return undefined;
    const lifetimeS = parseDuration(duration);
    if (lifetimeS === undefined)
      throw invalidDuration(`${duration} is not in the correct format of 'hours=3;minutes=1'.`);
    if (lifetimeS < 1 || lifetimeS > maxS) throw invalidDuration(`Ensure this is from 1 to ${maxS} seconds.`);
    return Math.round(lifetimeS);
  }
}

/** Returns the audit event of a new link. */
export const creationEvent = (ttlS: number) =>
  ({ action: 'recovery_link_created', context: { expires_in_s: ttlS } }) as const;

const invalidDuration = (text: string) => new InvalidFieldsError({ token_duration: [{ text }] });

const notApplicable = () =>
  new InvalidFieldsError({ [NON_FIELD_ERRORS]: [{ text: 'Recovery flow not applicable to user' }] });

/**
 * Rethrows an error. For a flow that does not exist, or does not admit the user, throws a field error of the request
 * instead.
 */
function asRefusal(error: unknown): never {
  const isRefusal = error instanceof Problem && (error.code === 'flow_not_applicable' || error.code === 'not_found');
  throw isRefusal ? notApplicable() : error;
}
