import {
  CODE_MAIL_TEMPLATES,
  LINK_GRACE_S,
  NON_FIELD_ERRORS,
  Problem,
  type SavedUser,
  secondsOf,
} from '@gatehouse/contracts';
import { AttemptStore, BrandStore, FlowObserver, type FlowRequest, ReservationFactory } from '@gatehouse/executor';
import type { EventRecorder, MailRecorder } from '@gatehouse/outbox';
import type { Plan } from '@gatehouse/plan';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { isUuid } from '../http/identifiers.js';
import { InvalidFieldsError } from '../http/zod-body.pipe.js';
import { EMAIL_KIND, type EmailStage, EmailStageRepository } from './email-stage.repository.js';
import { RecoveryLinkRepository } from './recovery-link.repository.js';
import { creationEvent, RecoveryLinkService } from './recovery-link.service.js';
import { recoveryMail } from './recovery-mail.js';

interface RequestedRecoveryMail {
  readonly user: SavedUser;
  /** The id of the email stage, as the request has it. */
  readonly stageId: unknown;
  /** The duration text of the request, if it has one. */
  readonly duration: string | undefined;
  /** Writes the mail, and the audit event of its link. */
  readonly recorder: EventRecorder & MailRecorder;
}

/** Mails links for account recovery (docs/spec/http.md#recovery-mails). */
@Injectable()
export class RecoveryMailService {
  constructor(
    @Inject(RecoveryLinkService) private readonly links: RecoveryLinkService,
    @Inject(RecoveryLinkRepository) private readonly repository: RecoveryLinkRepository,
    @Inject(EmailStageRepository) private readonly stages: EmailStageRepository,
    @Inject(BrandStore) private readonly brands: BrandStore,
    @Inject(AttemptStore) private readonly attempts: AttemptStore,
    @Inject(ReservationFactory) private readonly reservations: ReservationFactory,
    @Inject(FlowObserver) private readonly observer: FlowObserver,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'API_VERSION' | 'RECOVERY_LINK_MAX_S'>,
  ) {}

  /**
   * Mails a user the link of the request's flow, as an email stage would. Throws InvalidFieldsError if the stage is
   * unknown, the flow does not apply to the user, or the duration is invalid, and `rate_limited` after too many mails
   * to the user.
   */
  async send(request: FlowRequest, { user, stageId, duration, recorder }: RequestedRecoveryMail): Promise<void> {
    const stage = await this.stageOf(stageId, request.slug);
    const lifetimeS = this.links.lifetimeOf(duration) ?? this.lifetimeIn(stage);
    const planned = await this.links.plan(request, user);
    const brand = await this.brands.find(request.host);
    await this.countMail(request, user);
    const ttlS = lifetimeS + LINK_GRACE_S;
    // The language of the caller's browser is only a guess, so the language of the brand takes precedence.
    const locale = user.locale || brand.locale || request.localeFor({ user: undefined, brand });
    const about = { user, brand: brand.title, locale, lifetimeS };
    const withLink = (token: string) => recoveryMail(stage, { ...about, url: this.links.urlOf(request.slug, token) });
    const link = { ...planned, plan: withAddress(planned.plan, user), ttlS };
    const audit = { event: creationEvent(ttlS), events: recorder };
    await this.repository.save(link, audit, { withLink, mails: recorder });
  }

  private async stageOf(id: unknown, slug: string): Promise<EmailStage> {
    const stage = isUuid(id) ? await this.stages.find(id, slug) : undefined;
    if (!stage) throw unknownStage(this.config);
    const hasLink = !(CODE_MAIL_TEMPLATES as readonly string[]).includes(stage.template);
    if (!hasLink) throw new InvalidFieldsError({ email_stage: [{ text: NO_LINK }] });
    return stage;
  }

  /** Returns the lifetime in seconds that the links of a stage have. */
  private lifetimeIn({ token_expiry }: EmailStage): number {
    return Math.min(secondsOf(token_expiry) ?? 0, this.config.RECOVERY_LINK_MAX_S);
  }

  private async countMail({ requestId, slug, client: { ip } }: FlowRequest, user: SavedUser): Promise<void> {
    const outcome = await this.attempts.reserve([this.reservations.superuserMailReservation(user)], 0);
    if (outcome.reserved) return;
    const attempt = { requestId, ip, flow: slug, kind: EMAIL_KIND, user: user.uuid, subject: undefined };
    this.observer.attemptRefused('mail', attempt);
    throw new Problem('rate_limited', { retry_after_s: outcome.retryAfterS });
  }
}

const NO_LINK = 'The template of this stage has no link.';

/**
 * Returns the plan of a link with the address to which the link is mailed. The link is valid only while the user has
 * this address.
 */
const withAddress = (plan: Plan, { uuid, email: address }: SavedUser): Plan => ({
  ...plan,
  context: { ...plan.context, is_restored: { step: '', user: uuid, address } },
});

const unknownStage = ({ API_VERSION: version }: Pick<GatewayConfig, 'API_VERSION'>) => {
  const text = version === '2024.8' ? 'Email stage does not exist.' : 'Email stage not found.';
  return new InvalidFieldsError({ [NON_FIELD_ERRORS]: [{ text }] });
};
