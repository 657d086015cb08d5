/** The event that tells of an invitation's use (docs/spec/stages.md#invitation). */
export const invitationUsedEvent = (pk: string) => ({
  type: 'event' as const,
  action: 'invitation_used',
  context: { invitation_uuid: pk.replaceAll('-', '') },
});
