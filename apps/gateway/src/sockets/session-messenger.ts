import { firstCharacters } from '@gatehouse/contracts';
import { Broadcaster } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { MESSAGE_SUBJECT, type SessionMessage, type VisitorText } from './session-message.js';
import { socketMessages } from './socket.metrics.js';
import { socketChannel } from './socket-channel.js';

/** Largest number of characters of a text for visitors. A longer text is cut. */
export const MAX_TEXT_CHARACTERS = 1000;

/** Largest number of texts for visitors in one response. Further texts are dropped. */
export const MAX_TEXTS = 20;

/**
 * Sends texts to the open pages of a session, at whichever gateway they are connected. Each page gets a text at most
 * once. If the session has no open page, the text is lost.
 */
@Injectable()
export class SessionMessenger {
  constructor(@Inject(Broadcaster) private readonly broadcaster: Pick<Broadcaster, 'broadcast'>) {}

  /** Sends texts, in the given order, to the pages that were opened with this session key. */
  send(key: Buffer | undefined, texts: readonly VisitorText[]): void {
    if (!key || texts.length === 0) return;
    const cut = texts
      .slice(0, MAX_TEXTS)
      .map(({ level, text }) => ({ level, text: firstCharacters(text, MAX_TEXT_CHARACTERS) }));
    if (!this.broadcast({ channel: socketChannel(key), texts: cut }))
      socketMessages.inc({ outcome: 'lost' }, cut.length);
  }

  /** Closes the WebSockets that were opened with these session keys. Their pages connect again, with the new key. */
  closeSockets(keys: readonly Buffer[]): void {
    for (const key of keys) this.broadcast({ channel: socketChannel(key), close: true });
  }

  private broadcast(message: SessionMessage): boolean {
    return this.broadcaster.broadcast(MESSAGE_SUBJECT, JSON.stringify(message));
  }
}
