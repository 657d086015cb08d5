import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { describeBuses, serveOn } from '../../../../test/support/buses.js';
import { recordTestSpans } from '../../../../test/support/spans.js';
import { requestOverBus } from '../request-over-bus.js';
import { activeTrace, traceWork } from './active-span.js';

const SUBJECT = 'stage.sample.respond';

describeBuses('a request', (start) => {
  /** Returns a function that sends a request and returns the active trace of its handler. */
  async function open() {
    const { bus, stop } = await start();
    const server = await serveOn(bus, {
      [SUBJECT]: async (data) => {
        if (data === 'fail') throw new RangeError('the user anna');
        return activeTrace() ?? null;
      },
    });
    const requester = await bus.openRequester('client');
    onTestFinished(async () => {
      await requester.close();
      await server.close();
      await stop();
    });
    return () =>
      requestOverBus(requester, {
        ...{ subject: SUBJECT, body: '"go"', timeoutMs: 10_000, reply: z.unknown() },
        ...{ attributes: { known: 'before' }, attributesOf: () => ({ found: 'after' }) },
      });
  }

  it('during recorded work has a span in the sender and one in the handler, in one trace', async () => {
    const { untilEnded } = recordTestSpans();
    const send = await open();
    let seen: unknown;
    await traceWork({ name: 'work' }, async () => {
      seen = await send();
    });
    const spans = await untilEnded(3);
    const [work, request, process] = ['work', `request ${SUBJECT}`, `process ${SUBJECT}`].map(
      (name) => spans.find((span) => span.name === name)!,
    );
    expect(request!.parentSpanContext?.spanId).toBe(work!.spanContext().spanId);
    expect(process!.parentSpanContext?.spanId).toBe(request!.spanContext().spanId);
    expect(seen).toMatchObject({
      traceId: work!.spanContext().traceId,
      spanId: process!.spanContext().spanId,
    });
    expect([request!.kind, process!.kind]).toEqual([2, 1]);
    expect(request!.attributes).toMatchObject({
      ...{ 'messaging.system': 'nats', 'messaging.destination.name': SUBJECT, 'messaging.operation.name': 'request' },
      ...{ known: 'before', found: 'after' },
    });
  });

  it('during other work has no span, although tracing is on', async () => {
    const { ended } = recordTestSpans(0);
    const send = await open();
    expect(await traceWork({ name: 'work' }, send)).toBeNull();
    expect(await send()).toBeNull();
    expect(ended()).toEqual([]);
  });
});
