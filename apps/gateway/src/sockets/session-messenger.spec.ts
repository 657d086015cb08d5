import { InProcessBus } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { MESSAGE_SUBJECT, parseMessage } from './session-message.js';
import { MAX_TEXT_CHARACTERS, SessionMessenger } from './session-messenger.js';

it('a long text is cut between two characters, and never within an emoji', async () => {
  const broadcaster = await new InProcessBus().openRequester();
  const received = new Promise<Uint8Array>((resolve) => broadcaster.listen(MESSAGE_SUBJECT, resolve));
  const text = `${'x'.repeat(MAX_TEXT_CHARACTERS - 1)}🔑`;
  new SessionMessenger(broadcaster).send(Buffer.alloc(32), [{ level: 'info', text: `${text}x` }]);

  expect(parseMessage(await received)?.texts).toEqual([{ level: 'info', text }]);
});
