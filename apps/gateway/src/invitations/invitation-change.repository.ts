import { type Invitation, InvitationRepository, invitationEventContext } from '@gatehouse/directory';
import { eventMessage, insertOutboxRow, outboxParameters, outboxRow } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestFacts } from '../http/event-facts.reader.js';

/** Inserts a row into the outbox. $1-$4 outbox row. */
const RECORD = insertOutboxRow('(SELECT 1) one', 1);

/** Changes invitations and writes the audit events. */
@Injectable()
export class InvitationChangeRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) private readonly sealer: Sealer,
  ) {}

  /**
   * Makes a change and writes its event in one transaction, and returns the invitation. Writes no event if `change`
   * returns `undefined`, which means that there is no such invitation.
   */
  recorded(
    action: 'invitation_created' | 'invitation_changed' | 'invitation_deleted',
    facts: RequestFacts,
    change: (invitations: InvitationRepository) => Promise<Invitation | undefined>,
  ): Promise<Invitation | undefined> {
    return this.source.transaction(async (manager) => {
      const invitation = await change(new InvitationRepository(manager));
      if (invitation) {
        const context = invitationEventContext(invitation);
        const message = eventMessage({ action, context }, { ...facts, user: undefined });
        await manager.query(RECORD, outboxParameters(outboxRow(message, this.sealer)));
      }
      return invitation;
    });
  }
}
