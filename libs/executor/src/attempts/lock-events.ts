import type { AuditEvent, StageReply, User } from '@gatehouse/contracts';
import type { AttemptReservation } from './attempt-store.js';

/**
 * Returns the reply with an event for each credential that this wrong answer locks. `counted` are the attempts that
 * stay counted. Later answers are refused without a reservation, so each lock has one event, however often the visitor
 * tries again.
 */
export function withLockEvents(
  reply: StageReply,
  counted: readonly AttemptReservation[],
  user: User | undefined,
): StageReply {
  if (reply.type !== 'rejected' && reply.type !== 'denied') return reply;
  const locked = counted.filter(({ locks }) => locks === true);
  if (locked.length === 0) return reply;
  const events = locked.map(({ credential, hard = 0 }) => ({
    type: 'event' as const,
    ...lockEvent({ credential, failures: hard, ...(user && { username: user.username }) }),
  }));
  return { ...reply, effects: [...(reply.effects ?? []), ...events] };
}

const lockEvent = (context: Extract<AuditEvent, { action: 'login_locked' }>['context']): AuditEvent => ({
  action: 'login_locked',
  context,
});
