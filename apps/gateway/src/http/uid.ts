import { createHmac } from 'node:crypto';

/** By what other systems may know a user: it says nothing of the id that it is made of. */
export const userUid = ({ uuid }: { readonly uuid: string }, { SECRET_KEY }: { readonly SECRET_KEY: string }) =>
  createHmac('sha256', SECRET_KEY).update(`uid:${uuid}`).digest('hex');
