import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isLiteral, isSubject, Router, type Subscription } from './nats-embedded-broker-router.js';

const listener = (heard: string[], echo = true) => ({
  echo,
  deliver: ({ sid }: Subscription) => void heard.push(sid),
});
const message = (subject: string) => ({ subject, reply: undefined, headerLength: 0, body: Buffer.from('\r\n') });

/** NATS's matching, spelled out (docs: `*` is one token, `>` one or more at the end). */
function matches([first, ...pattern]: readonly string[], [token, ...tokens]: readonly string[]): boolean {
  if (first === undefined || token === undefined) return first === token;
  if (first === '>') return true;
  return (first === '*' || first === token) && matches(pattern, tokens);
}

const token = fc.constantFrom('a', 'b', 'c');
const subject = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join('.'));
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { maxLength: 4 }), fc.constantFrom('a', '*', '>'))
  .map(([tokens, last]) => [...tokens, last].join('.'));

it('brings a message to everybody whose subject matches and to nobody else, also after some have left', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(pattern, fc.boolean()), { maxLength: 12 }), subject, (wanted, published) => {
      const heard: string[] = [];
      const receiver = listener(heard);
      const router = new Router();
      const subscriptions = wanted.map(([subject], i) => ({ receiver, sid: String(i), subject, queue: undefined }));
      for (const subscription of subscriptions) router.add(subscription);
      for (const subscription of subscriptions) if (wanted[Number(subscription.sid)]?.[1]) router.remove(subscription);
      const due = subscriptions.filter(
        ({ sid, subject }) => !wanted[Number(sid)]?.[1] && matches(subject.split('.'), published.split('.')),
      );
      expect(router.publish(message(published), listener([]))).toBe(due.length > 0);
      expect(heard.sort()).toEqual(due.map(({ sid }) => sid).sort());
    }),
  );
});

it('brings it to one of each queue, whatever pattern its members listen by, and to everybody without a queue', () => {
  const heard: string[] = [];
  const receiver = listener(heard);
  const router = new Router((count) => count - 1);
  const add = (sid: string, subject: string, queue?: string) => router.add({ receiver, sid, subject, queue });
  add('1', 'a.b', 'first');
  add('2', 'a.*', 'first');
  add('3', 'a.b', 'second');
  add('4', 'a.>');
  router.publish(message('a.b'), listener([]));
  expect(heard).toHaveLength(3);
  expect(heard).toEqual(expect.arrayContaining(['3', '4']));
});

it('spares those who do not want to hear themselves', () => {
  const heard: string[] = [];
  const router = new Router();
  const deaf = listener(heard, false);
  router.add({ receiver: deaf, sid: 'own', subject: 'a', queue: undefined });
  expect(router.publish(message('a'), deaf)).toBe(false);
  expect(router.publish(message('a'), listener([]))).toBe(true);
  expect(heard).toEqual(['own']);
});

it('brings a message to what looks like a wildcard once', () => {
  const heard: string[] = [];
  const router = new Router();
  for (const subject of ['a.*', 'a.>'])
    router.add({ receiver: listener(heard), sid: subject, subject, queue: undefined });
  for (const subject of ['a.*', 'a.>']) router.publish(message(subject), listener([]));
  expect(heard.sort()).toEqual(['a.*', 'a.*', 'a.>', 'a.>']);
});

it('does not mind a subscription that is not there', () => {
  const router = new Router();
  expect(() => router.remove({ receiver: listener([]), sid: '1', subject: 'a.b', queue: undefined })).not.toThrow();
});

it('knows what can be subscribed and published to', () => {
  expect(['a', 'a.*', 'a.>', '*.b', '>', 'a*'].map(isSubject)).not.toContain(false);
  expect(['', '.', 'a.', '.a', 'a..b', 'a.>.b'].map(isSubject)).not.toContain(true);
  expect(['a', 'a.b', 'a*', 'a>b'].map(isLiteral)).not.toContain(false);
  expect(['', 'a.', 'a.*', '>', '*.b'].map(isLiteral)).not.toContain(true);
});
