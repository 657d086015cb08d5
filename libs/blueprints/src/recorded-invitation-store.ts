import { type Invitation, type InvitationRepository, invitationEventContext } from '@gatehouse/directory';
import type { CommandEvent } from '@gatehouse/outbox';
import type { InvitationStore } from './invitation-collection.js';

type Action = 'invitation_created' | 'invitation_changed' | 'invitation_deleted';

/** Changes invitations, and records an audit event of each change. */
export class RecordedInvitationStore implements InvitationStore {
  constructor(
    private readonly invitations: InvitationRepository,
    private readonly record: (event: CommandEvent) => Promise<void>,
  ) {}

  find(...by: Parameters<InvitationRepository['find']>): Promise<Invitation | undefined> {
    return this.invitations.find(...by);
  }

  async create(...given: Parameters<InvitationRepository['create']>): Promise<Invitation> {
    const created = await this.invitations.create(...given);
    await this.recorded('invitation_created', created);
    return created;
  }

  async update(...given: Parameters<InvitationRepository['update']>): Promise<Invitation | undefined> {
    const changed = await this.invitations.update(...given);
    if (changed) await this.recorded('invitation_changed', changed);
    return changed;
  }

  async remove(pk: string): Promise<boolean> {
    const invitation = await this.invitations.find({ pk });
    const isRemoved = await this.invitations.remove(pk);
    if (invitation && isRemoved) await this.recorded('invitation_deleted', invitation);
    return isRemoved;
  }

  private recorded(action: Action, invitation: Invitation): Promise<void> {
    return this.record({ action, context: invitationEventContext(invitation) });
  }
}
