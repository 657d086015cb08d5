/** The event that tells of an invitation's use (02-stages §14.2). */
export const invitationUsed = (pk: string) => ({
  type: 'event' as const,
  action: 'invitation_used',
  context: { invitation_uuid: pk.replaceAll('-', '') },
});
