import { createHash } from 'node:crypto';
import type { AuditEvent, SavedUser } from '@gatehouse/contracts';
import { hashToken, randomToken, TOKEN_LENGTH } from '@gatehouse/executor';
import { interval, planBodyOf, resumeTokenSealId } from '@gatehouse/executor-postgres';
import type { EventRecorder, MailRecorder, RequestedMail } from '@gatehouse/outbox';
import type { Plan } from '@gatehouse/plan';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** A recovery link to save. */
export interface RecoveryLink {
  /** The flow that the link continues, and its version. */
  readonly flow: { readonly id: string; readonly slug: string; readonly versionId: string };
  /** The plan that the link continues, and the id of the step that it leads to. */
  readonly plan: Plan;
  readonly step: string;
  readonly user: SavedUser;
  readonly ttlS: number;
}

/** The audit event of a link, and the recorder that adds the creator of the link. */
interface LinkAudit {
  readonly event: AuditEvent;
  readonly events: EventRecorder;
}

/** The mail that delivers a link to its user. */
interface LinkMail {
  /** Returns the mail with the link of a token. */
  readonly withLink: (token: string) => RequestedMail['mail'];
  readonly mails: MailRecorder;
}

const DELETE_OLDER = 'DELETE FROM flow.resume_tokens WHERE plan_id = $1';

/** Inserts a link. If two links are created concurrently, the later one replaces the other. */
const INSERT = `
  INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, user_id, body, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8::interval)
  ON CONFLICT (plan_id, step_id) DO UPDATE SET hash = excluded.hash, version_id = excluded.version_id,
    body = excluded.body, expires_at = excluded.expires_at`;

/** Saves the links for account recovery that operators and superusers create. */
@Injectable()
export class RecoveryLinkRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /**
   * Saves a link, its audit event and its mail, if there is one, in one transaction. Returns the token of the link, of
   * which only the hash is stored. The link replaces the user's older recovery link of the flow, so a user has at most one
   * for each flow.
   */
  async save(
    { flow, plan, step, user, ttlS }: RecoveryLink,
    { event, events }: LinkAudit,
    mail?: LinkMail,
  ): Promise<string> {
    const token = randomToken(TOKEN_LENGTH);
    const hash = hashToken(token);
    const owner = linkOwnerId(user.uuid, flow.id);
    const body = this.sealer.seal(resumeTokenSealId(hash), planBodyOf(plan));
    await this.source.transaction(async (manager) => {
      await manager.query(DELETE_OLDER, [owner]);
      await manager.query(INSERT, [hash, flow.id, flow.versionId, owner, step, user.uuid, body, interval(ttlS)]);
      const about = { user, flow: flow.slug, plan: plan.id };
      await events.record(manager, { ...event, ...about });
      if (mail) await mail.mails.recordMail(manager, { mail: mail.withLink(token), ...about });
    });
    return token;
  }
}

/**
 * Returns the `plan_id` of a user's recovery links of a flow: a UUID of version 8 (RFC 9562, section 5.8) that is
 * derived from both ids. Mailed links have the id of the plan that has mailed them. A followed link gives its plan a
 * new id, so this id is only used to find and replace the older link.
 */
function linkOwnerId(user: string, flow: string): string {
  const hex = createHash('sha256').update(`recovery link ${user} ${flow}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
